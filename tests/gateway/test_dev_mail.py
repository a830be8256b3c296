"""The mail of `headrow up`: there for whoever tries it on their own machine, and for nobody else, whatever is amiss."""

import re
from dataclasses import replace

import pytest

from gateway.features.messages.dev_mail import pieces_of, routes
from gateway.web.developer import has_pages
from gateway.web.routing import Router
from services.runtime.settings import Settings, WrongSetting
from tests.gateway import fakes
from tests.gateway.conftest import World
from tests.gateway.html import Page
from tests.sentences import says

ID = "0b8c0f2e-3c52-4c55-9d5b-8a8b5d4a1a10"
PATHS = ("/dev/mail", f"/dev/mail/{ID}", f"/dev/mail/{ID}/html", f"/dev/mail/{ID}/invite.ics")
HERE = {"REMOTE_ADDR": "127.0.0.1", "HTTP_HOST": "localhost:8000"}
CONFIRM = "/sign-in/confirm"
OPEN = Settings(secret_key="k" * 32, limits=False, shows_mail=True)
LISTED = {
    "id": ID,
    "written_at": "2027-02-01T10:00:00+00:00",
    "to": "<b>Asha</b> <asha@example.org>",
    "subject": "Your code <i>",
}
LETTER = {
    **LISTED,
    "from": "Headrow <headrow@localhost>",
    "date": "Mon, 01 Feb 2027 10:00:00 +0000",
    "text": "Hello <b>,\n\nhttp://localhost:8000/sign-in/confirm#email=a%40b&code=042042.\n\njavascript:alert(1)\n",
    "html": '<!doctype html><p>Hello</p><script>alert("1")</script>',
    "invite": "BEGIN:VCALENDAR\nEND:VCALENDAR\n",
    "code": "042042",
}


def running(**changed) -> World:
    """The gateway as `headrow up` runs it, with the settings changed."""
    world = World(replace(OPEN, **changed))
    world.notifications.answers.update(letters_kept={"items": [LISTED]}, letter_kept=LETTER)
    world.registration.answers["confirm_sign_in"] = fakes.refused("code-wrong")
    return world


def get(world, path, **environ):
    return world.client.get(path, environ_overrides={**HERE, **environ})


def assert_hidden(world, **environ):
    """Nothing of the mail is shown, asked for or linked to, and the answer is that to any unknown page."""
    unknown = get(world, "/nothing-here", **environ)
    for path in PATHS:
        answer = get(world, path, **environ)
        assert answer.status_code == 404
        assert _without_id(answer) == _without_id(unknown)
    assert "mail?" not in get(world, CONFIRM, **environ).text
    assert world.notifications.asked == []


def _without_id(answer) -> str:
    return answer.text.replace(answer.headers["X-Correlation-Id"], "")


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:8000", "127.0.0.1:8000", "[::1]:8000"])
@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "::ffff:127.0.0.1"])
def test_it_is_shown_to_whoever_runs_headrow_on_their_own_machine(path, host, address):
    answer = get(running(), path, HTTP_HOST=host, REMOTE_ADDR=address)
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "private, no-store")


@pytest.mark.parametrize(
    "changed",
    [
        {"shows_mail": False},
        {"mail": "smtp://localhost"},
        {"mail": "smtps://user:password@localhost"},
        *({"http_host": host} for host in ("0.0.0.0", "::", "", "192.0.2.1", "headrow.example", "localhost.example")),
        *(
            {"public_url": url}
            for url in (
                "https://headrow.example",
                "http://192.0.2.1:8000",
                "http://localhost.example",
                "http://0.0.0.0:8000",
                "http://127.0.0.1@headrow.example",
            )
        ),
    ],
    ids=str,
)
def test_it_is_not_there_unless_headrow_is_all_on_this_machine(changed):
    world = running(**changed)
    assert_hidden(world)
    for path in PATHS:
        for method in ("OPTIONS", "POST"):
            assert world.client.open(path, method=method, environ_overrides=HERE).status_code == 404


@pytest.mark.parametrize(
    "changed", [{"http_host": "::1"}, {"http_host": "127.1.2.3"}, {"public_url": "http://[::1]:1"}]
)
def test_any_name_of_this_machine_will_do(changed):
    assert get(running(**changed), "/dev/mail").status_code == 200


@pytest.mark.parametrize(
    "host",
    ["headrow.example", "localhost.example", "127.0.0.1.example", "192.0.2.1", "localhost:80@evil", "[::1", "", "x\n"],
)
def test_it_is_not_shown_under_a_name_that_leads_here_from_elsewhere(host):
    assert_hidden(running(), HTTP_HOST=host)


@pytest.mark.parametrize("address", ["192.0.2.7", "10.0.0.1", "::ffff:192.0.2.7", "fe80::1", ""])
def test_it_is_not_shown_to_another_machine(address):
    assert_hidden(running(), REMOTE_ADDR=address)


@pytest.mark.parametrize("header", ["X_FORWARDED_FOR", "FORWARDED", "VIA", "X_REAL_IP"])
def test_it_is_not_shown_to_whom_a_proxy_passes_on(header):
    assert_hidden(running(), **{f"HTTP_{header}": "127.0.0.1"})


def test_it_is_not_shown_to_a_proxy_that_says_nothing_of_itself():
    assert_hidden(running(), SERVER_PROTOCOL="HTTP/1.0")


def test_no_variable_has_it_shown():
    assert not Settings.from_environment({}).shows_mail
    with pytest.raises(WrongSetting):
        Settings.from_environment({"HEADROW_SHOWS_MAIL": "on"})


def test_its_routes_are_in_no_table_but_where_they_are_open():
    assert (has_pages(OPEN), has_pages(Settings())) == (True, False)
    assert all(route.method == "GET" and route.handler.__doc__ for route in routes.table)
    router = Router(routes.table)
    for path in PATHS:
        assert router.find("GET", path)[0] in routes.table


def test_the_list_asks_for_the_latest_to_somebody():
    world = running()
    text = get(world, "/dev/mail?to=%20asha@ ").text
    assert world.notifications.last("letters_kept") == {"caller": None, "to": "asha@", "limit": 50}
    assert "Monday 1 February 2027, 10am" in text
    assert re.search(rf'<a[^>]* href="/dev/mail/{ID}">Your code &lt;i&gt;</a>', text)
    assert says("dev_mail.to", address="&lt;b&gt;Asha&lt;/b&gt;") in text


@pytest.mark.parametrize(
    ("path", "words"),
    [("/dev/mail", says("dev_mail.none")), ("/dev/mail?to=%3Cb%3E", says("dev_mail.none_to", address="&lt;b&gt;"))],
)
def test_an_empty_list_says_so(path, words):
    world = running()
    world.notifications.answers["letters_kept"] = {"items": []}
    assert words in get(world, path).text


def test_a_letter_shows_its_code_and_its_links_and_no_markup():
    text = get(running(), f"/dev/mail/{ID}").text
    assert '<strong class="code">042042</strong>' in text
    assert "Hello &lt;b&gt;,\n\n" in text
    links = [link["href"] for link in Page(text).all("a")]
    assert "http://localhost:8000/sign-in/confirm#email=a%40b&code=042042" in links
    assert not any(link.startswith("javascript") for link in links)


@pytest.mark.parametrize("path", PATHS[:2])
def test_the_pages_can_be_used_without_seeing_them_and_run_nothing(path):
    answer = get(running(), path)
    page = Page(answer.text)
    assert len(page.all("h1")) == len(page.all("main")) == 1
    labelled = {label["for"] for label in page.all("label")}
    assert all(field["id"] in labelled for field in page.all("input"))
    assert page.all("style") == []
    assert answer.headers["Content-Security-Policy"].split("; ", 2)[:-1] == ["default-src 'none'", "style-src 'self'"]


def test_the_html_of_a_letter_runs_nothing_loads_nothing_and_is_of_no_origin():
    answer = get(running(), f"/dev/mail/{ID}/html")
    policy = [part.strip() for part in answer.headers["Content-Security-Policy"].split(";")]
    assert policy[0] == "default-src 'none'"
    assert {"form-action 'none'", "frame-ancestors 'none'", "base-uri 'none'"} <= set(policy)
    sandbox = next(part for part in policy if part.startswith("sandbox"))
    assert not re.search("allow-(scripts|same-origin|forms|popups)", sandbox)
    assert not any("script" in part for part in policy)
    assert (answer.headers["Referrer-Policy"], answer.headers["X-Frame-Options"]) == ("no-referrer", "DENY")
    assert answer.text == LETTER["html"]


def test_the_invite_of_a_letter_is_downloaded_as_a_calendar():
    answer = get(running(), f"/dev/mail/{ID}/invite.ics")
    assert answer.content_type == "text/calendar; charset=utf-8"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="invite.ics"'
    assert answer.data == b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"


@pytest.mark.parametrize(("part", "path"), [("html", "html"), ("invite", "invite.ics")])
def test_what_a_letter_does_not_have_is_not_there(part, path):
    world = running()
    world.notifications.answers["letter_kept"] = {**LETTER, part: None}
    assert get(world, f"/dev/mail/{ID}/{path}").status_code == 404
    assert path not in [link["href"].rpartition("/")[2] for link in Page(get(world, f"/dev/mail/{ID}").text).all("a")]


@pytest.mark.parametrize("name", ["x", "..", "..%2fsecret-key", f"{ID}.eml", f"{ID}%00"])
def test_only_an_id_can_be_asked_for(name):
    world = running()
    assert get(world, f"/dev/mail/{name}").status_code == 404
    assert world.notifications.asked == []


def test_a_letter_that_is_gone_is_not_there():
    world = running()
    world.notifications.answers["letter_kept"] = fakes.refused("not-found")
    assert get(world, f"/dev/mail/{ID}").status_code == 404


def test_the_page_that_asks_for_the_code_leads_to_it():
    world = running()
    world.registration.answers["request_sign_in"] = None
    form = {**Page(get(world, "/sign-in").text).form, "email": "asha+x@example.org"}
    world.client.post("/sign-in", data=form, environ_overrides=HERE)
    page = get(world, CONFIRM).text
    link = f'<a href="/dev/mail?to=asha%2Bx%40example.org">{says("dev_mail.read")}</a>'
    assert link in page
    form = {**Page(page).form, "email": "asha+x@example.org", "code": "000000"}
    answer = world.client.post("/sign-in/confirm", data=form, environ_overrides=HERE)
    assert (answer.status_code, link in answer.text) == (401, True)


@pytest.mark.parametrize(
    ("text", "links"),
    [
        ("See http://a.example/b?c=d&e=f.", ["http://a.example/b?c=d&e=f"]),
        ("(https://a.example/b), ftp://a javascript:x http://", ["https://a.example/b"]),
        ('"http://a.example">', ["http://a.example"]),
        ("none", []),
    ],
)
def test_links_in_a_text_are_found_and_the_rest_is_left_as_it_was(text, links):
    pieces = list(pieces_of(text))
    assert [piece for piece, is_link in pieces if is_link] == links
    assert "".join(piece for piece, _ in pieces) == text
