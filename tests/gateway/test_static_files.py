"""The files that pages are dressed in: small on the way, fetched once, and nothing else from that folder."""

import gzip
import re

import pytest

from gateway.web.pages import static_files

STYLE = "/static/style.css"
NAMES = sorted(static_files._files())


def get(world, path, **headers):
    return world.client.get(path, headers={name.replace("_", "-"): value for name, value in headers.items()})


def test_every_file_that_is_built_can_be_fetched(world):
    assert {"style.css", "icon.svg", "headrow.css", "headrow.js", "nhsuk-frontend.js"} <= {*NAMES}
    for name in NAMES:
        answer = get(world, static_files.address_of(name))
        assert (answer.status_code, answer.data) == (200, static_files._files()[name].content)
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.content_type == static_files.MEDIA[f".{name.rpartition('.')[2]}"]


def test_a_file_is_sent_small_to_whoever_takes_that(world):
    plain, small = get(world, STYLE), get(world, STYLE, Accept_Encoding="br, gzip;q=0.5")
    assert "Content-Encoding" not in plain.headers
    assert small.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(small.data) == plain.data
    assert int(small.headers["Content-Length"]) == len(small.data) < len(plain.data)
    assert plain.headers["Vary"] == small.headers["Vary"] == "Accept-Encoding"
    assert plain.headers["ETag"] != small.headers["ETag"], "a cache must not take the one for the other"


@pytest.mark.parametrize("accepted", ["", "identity", "gzip;q=0", "br"])
def test_a_file_is_sent_as_it_is_to_whoever_does_not(world, accepted):
    assert "Content-Encoding" not in get(world, STYLE, Accept_Encoding=accepted).headers


@pytest.mark.parametrize("encoding", ["gzip", "identity"])
def test_what_somebody_has_already_is_not_sent_again(world, encoding):
    first = get(world, STYLE, Accept_Encoding=encoding)
    again = get(world, STYLE, Accept_Encoding=encoding, If_None_Match=first.headers["ETag"])
    assert (again.status_code, again.data) == (304, b"")
    assert again.headers["ETag"] == first.headers["ETag"]
    assert get(world, STYLE, If_None_Match='"another"').status_code == 200


def test_an_address_that_names_the_content_is_kept_for_good_and_another_is_not(world):
    assert get(world, static_files.address_of("style.css")).headers["Cache-Control"] == static_files.FOR_A_YEAR
    for address in (STYLE, f"{STYLE}?v=", f"{STYLE}?v=an-older-one"):
        answer = get(world, address)
        assert (answer.status_code, answer.headers["Cache-Control"]) == (200, static_files.FOR_AN_HOUR)


def test_an_address_changes_with_the_content(tmp_path):
    versions = set()
    for content in ("a", "b"):
        (tmp_path / "x.css").write_text(content)
        versions.add(static_files._read(tmp_path / "x.css").version)
    assert len(versions) == 2
    assert all(re.fullmatch("[0-9a-f]+", version) for version in versions)


def test_the_files_of_every_page_are_asked_for_by_addresses_that_last(world):
    page = world.client.get("/").text
    asked = re.findall(r'(?:src|href)="(/static/[^"]+)"', page)
    assert len(asked) == 4
    for address in asked:
        assert get(world, address).headers["Cache-Control"] == static_files.FOR_A_YEAR


def test_no_file_is_read_by_what_was_asked_for(world):
    for name in ("..", "%2e%2e%2fstatic.py", "built", "style.css%00", "STYLE.CSS", "style.css/"):
        assert get(world, f"/static/{name}").status_code == 404


def test_a_file_is_only_read(world):
    assert world.client.post(STYLE).status_code == 405
    head = world.client.head(STYLE)
    assert (head.status_code, head.data) == (200, b"")
