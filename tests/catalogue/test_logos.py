"""The logo: only pictures are taken, nothing but the picture is kept of them, and no picture outlives its use."""

import base64
import io
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from sqlalchemy import func, select

from services.catalogue import city, logos
from services.catalogue.models import Logo
from services.runtime.refusals import Invalid, NotFound
from tests.catalogue.given import NOW

SECRET = b"taken at 53.8008, -1.5491"


@pytest.fixture
def fresh(empty):
    """A catalogue as a new installation has it."""
    with empty.transactions.begin() as db:
        city.ensure(db, NOW)
    empty.announced()
    return empty


def a_picture(kind="PNG", size=(40, 20), mode="RGB", **options) -> bytes:
    written = io.BytesIO()
    Image.new(mode, size, "#5b2d8a").save(written, kind, **options)
    return written.getvalue()


def keep(world, content: bytes):
    return world.ask("keep_logo", given={"content": base64.b64encode(content).decode()})


def opened(world, name: str) -> Image.Image:
    return Image.open(io.BytesIO(base64.b64decode(world.ask("logo", name=name)["content"])))


def fault(world, content: str) -> tuple[str, str]:
    with pytest.raises(Invalid) as refused:
        world.ask("keep_logo", given={"content": content})
    [error] = refused.value.facts["errors"]
    return error["field"], error["code"]


@pytest.mark.parametrize(("kind", "media"), [("PNG", "image/png"), ("WEBP", "image/png"), ("JPEG", "image/jpeg")])
def test_a_picture_is_drawn_again_without_what_else_was_in_the_file(fresh, kind, media):
    about = Image.Exif()
    about[0x010E] = SECRET.decode()  # ImageDescription
    content = a_picture(kind, exif=about, icc_profile=SECRET)
    assert SECRET in content
    kept = keep(fresh, content)
    served = fresh.ask("logo", name=kept["logo"])
    assert served["media"] == kept["media"] == media
    assert SECRET not in base64.b64decode(served["content"])
    assert not opened(fresh, kept["logo"]).getexif()


@given(st.integers(1, 900), st.integers(1, 900))
@settings(max_examples=30, deadline=None)
def test_whatever_its_size_it_fits_its_box_and_is_never_made_larger(width, height):
    drawn = logos.drawn(base64.b64encode(a_picture(size=(width, height))).decode())
    across, down = Image.open(io.BytesIO(drawn.content)).size
    assert (across, down) == (drawn.width, drawn.height)
    assert 1 <= across <= min(width, 400)
    assert 1 <= down <= min(height, 120)


def test_what_is_clear_stays_clear(fresh):
    content = a_picture(mode="RGBA")
    written = io.BytesIO()
    clear = Image.open(io.BytesIO(content))
    clear.putalpha(0)
    clear.save(written, "PNG")
    assert opened(fresh, keep(fresh, written.getvalue())["logo"]).getpixel((0, 0))[3] == 0


@pytest.mark.parametrize(
    "content",
    [
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"GIF89a" + b"\x00" * 40,
        b"",
        b"not a picture",
        a_picture()[:40],
        a_picture("GIF"),
        a_picture("BMP"),
    ],
)
def test_what_is_no_picture_of_the_three_kinds_is_refused(fresh, content):
    assert fault(fresh, base64.b64encode(content).decode()) == ("logo", "not-a-picture")


def test_what_is_not_base64_or_too_large_is_refused(fresh):
    assert fault(fresh, "***") == ("logo", "not-bytes")
    assert fault(fresh, base64.b64encode(bytes(logos.MOST_BYTES + 1)).decode()) == ("logo", "too-many-bytes")


def test_a_small_file_that_unpacks_to_very_much_is_refused(fresh):
    content = a_picture(size=(6000, 5000), mode="1")
    assert len(content) < 50_000
    assert fault(fresh, base64.b64encode(content).decode()) == ("logo", "too-many-pixels")


def test_the_same_picture_twice_is_kept_once(fresh):
    assert keep(fresh, a_picture()) == keep(fresh, a_picture())
    with fresh.transactions.begin() as db:
        assert db.scalar(select(func.count()).select_from(Logo)) == 1


def test_a_picture_that_is_not_shown_goes_after_a_day_and_one_that_is_shown_stays(fresh):
    shown, unused = (keep(fresh, a_picture(size=size))["logo"] for size in ((10, 10), (20, 20)))
    fresh.ask("change_city", version=1, given={"logo": shown, "logo_alt": "An owl"})
    later = NOW + logos.UNUSED_FOR + timedelta(days=3650)
    with fresh.transactions.begin() as db:
        logos.keep(db, logos.drawn(base64.b64encode(a_picture(size=(30, 30))).decode()), later)
    assert opened(fresh, shown).size == (10, 10)
    with pytest.raises(NotFound):
        fresh.ask("logo", name=unused)


def test_the_city_shows_a_logo_that_is_kept_and_described(fresh):
    for change, field in (
        ({"logo": "0" * 64, "logo_alt": "An owl"}, "logo"),
        ({"logo": keep(fresh, a_picture())["logo"]}, "logo_alt"),
    ):
        with pytest.raises(Invalid) as refused:
            fresh.ask("change_city", version=1, given=change)
        assert [error["field"] for error in refused.value.facts["errors"]] == [field]
    assert fresh.told() == []
