"""The pages: what people see, how they sign in, and what keeps others from doing it for them."""

import re
from dataclasses import replace
from itertools import pairwise

import pytest

from services.runtime.refusals import Unavailable
from tests.gateway import catalogue, fakes
from tests.gateway.conftest import World
from tests.gateway.fakes import SIGNED_IN
from tests.gateway.html import Page, text_of, title
from tests.sentences import says

PAGES = """/ /sign-in /sign-in/confirm /sessions/maxims-in-practice /problems
    /problems/session-full /nothing-here /api/v1/docs"""


SECURE = "https://localhost"


@pytest.fixture
def signing_in(world) -> World:
    world.registration.answers.update(request_sign_in={}, confirm_sign_in=SIGNED_IN, sign_out=None)
    return world


def form_of(world, path: str) -> dict[str, str]:
    return Page(world.client.get(path).text).form


def sign_in(world: World):
    form = {**form_of(world, "/sign-in/confirm"), "email": "asha@example.org", "code": "123456"}
    return world.client.post("/sign-in/confirm", data=form)


def ask_for_a_code(world: World, email: str = "asha@example.org"):
    """Ask for a code as a browser does, which then shows the page where it is typed; return that page."""
    sent = world.client.post("/sign-in", data={**form_of(world, "/sign-in"), "email": email}, base_url=SECURE)
    return Page(world.client.get(sent.headers["Location"], base_url=SECURE).text)


@pytest.mark.parametrize("path", PAGES.split())
@pytest.mark.parametrize("token", [None, "person-token"])
def test_every_page_can_be_used_without_seeing_it(world, path, token):
    if token:
        world.client.set_cookie("__Host-headrow_session", token)
    page = Page(world.client.get(path).text)
    assert page.all("html") == [{"lang": "en-GB"}]
    assert len(page.all("title")) == len(page.all("h1")) == len(page.all("main")) == len(page.all("header")) == 1
    assert page.all("a")[0]["href"] == "#main"
    labelled = {label["for"] for label in page.all("label")}
    assert all(field.get("id") in labelled for field in page.all("input") if field["type"] != "hidden")
    identifiers = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(identifiers) == len(set(identifiers))
    levels = [int(tag[1]) for tag, _ in page.elements if re.fullmatch("h[1-6]", tag)]
    assert all(next_ - level <= 1 for level, next_ in pairwise(levels))


@pytest.mark.parametrize("path", PAGES.split())
def test_every_page_runs_no_script_and_loads_nothing_from_elsewhere(world, path):
    answer = world.client.get(path)
    page = Page(answer.text)
    assert page.all("style") == []
    assert not any(
        "style" in attributes or any(name.startswith("on") for name in attributes) for _, attributes in page.elements
    )
    assert all(link["href"].startswith("/") for link in page.all("link"))
    policy = answer.headers["Content-Security-Policy"]
    assert policy.split("; ", 2)[:-1] == ["default-src 'none'", "style-src 'self'"]
    assert "unsafe" not in policy


def test_the_stylesheet_is_there(world):
    answer = world.client.get("/static/style.css")
    assert answer.content_type == "text/css; charset=utf-8"
    assert world.client.get("/static/style.css", headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304


@pytest.mark.parametrize(
    "path", ["/static/layout.html", "/static/../layout.py", "/static/..%2flayout.py", "/static/", "/static/x.css"]
)
def test_nothing_else_is_served_as_a_file(world, path):
    assert world.client.get(path).status_code == 404


def test_home_shows_what_is_coming_up_and_what_can_be_watched(world):
    text = world.client.get("/").text
    assert says("home.title_with_city", city="Leeds") in text
    assert "Thursday 11 February 2027, 2pm to 3:30pm" in text
    assert says("places.left", left=40, places=40) in text
    assert says("recordings.told", title="Session recording", minutes=88) in text


def test_home_shows_times_as_the_city_s_clocks_do(world):
    summer = {"starts_at": "2027-06-08T08:30:00+00:00", "ends_at": "2027-06-08T11:00:00+00:00"}
    world.tell("sessions", catalogue.session(version=2, meetings=[summer]))
    assert "Tuesday 8 June 2027, 9:30am to midday" in world.client.get("/").text


def test_home_says_when_places_have_gone(world):
    world.tell_places(catalogue.places(left=0, waiting=1, version=2))
    assert says("waiting_list.one_waits") in world.client.get("/").text


def test_home_has_a_tag_for_visitors_and_is_kept_by_nobody_for_whoever_is_signed_in(world):
    answer = world.client.get("/")
    assert world.client.get("/", headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304
    world.client.set_cookie("__Host-headrow_session", "person-token")
    assert world.client.get("/").headers["Cache-Control"] == "private, no-store"


def test_a_page_that_is_not_there_looks_like_the_others(world):
    answer = world.client.get("/nothing-here")
    assert answer.status_code == 404
    assert says("pages.nothing_at_address") in answer.text
    assert 'href="/static/style.css?v=' in answer.text


def test_whoever_is_signed_in_is_not_asked_to_sign_in_where_a_page_is_refused(world):
    assert f'href="/sign-in">{says("pages.sign_in")}</a>' in world.client.get("/nothing-here").text
    world.client.set_cookie("__Host-headrow_session", "person-token")
    for path in ("/nothing-here", "/sessions/nowhere", "/interests?cursor=%00"):
        assert '<a href="/sign-in">' not in world.client.get(path).text
    assert not world.registration.was_asked("me")
    world.registration.answers["interests"] = Unavailable()
    answer = world.client.get("/interests")
    assert (answer.status_code, "Asha" in answer.text) == (503, True)
    assert world.client.post("/sign-out", data={**Page(answer.text).form}).status_code != 403


def test_a_page_that_is_refused_because_a_service_is_away_does_not_ask_it_again(world):
    world.client.set_cookie("__Host-headrow_session", "person-token")
    world.registration.answers["who"] = Unavailable()
    answer = world.client.get("/interests")
    assert answer.status_code == 503
    assert '<a href="/sign-in">' not in answer.text
    assert [name for name, _ in world.registration.asked].count("who") == 1


def test_whoever_has_a_dead_cookie_is_asked_to_sign_in_where_a_page_is_refused(world):
    world.client.set_cookie("__Host-headrow_session", "dead")
    world.registration.answers["who"] = fakes.refused("not-signed-in")
    world.model.ready = False
    world.registration.answers["interests"] = fakes.refused("not-signed-in")
    assert says("pages.sign_in") in world.client.get("/interests").text


def test_a_fault_has_a_page_with_a_number_and_no_cause(world, monkeypatch):
    world.model.city["name"] = 1 / 3
    world.model.city.pop("ways_to_get_involved")
    answer = world.client.get("/")
    assert answer.status_code == 500
    assert answer.headers["X-Correlation-Id"] in answer.text
    assert "Undefined" not in answer.text


def test_asking_for_a_code_leads_to_the_page_where_it_is_entered(signing_in):
    form = {**form_of(signing_in, "/sign-in"), "email": "asha@example.org"}
    answer = signing_in.client.post("/sign-in", data=form)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/sign-in/confirm")
    asked = signing_in.registration.last("request_sign_in")
    assert asked["given"] == {"email": "asha@example.org"}
    assert asked["address"] == "192.0.2.1"
    cookie = next(value for value in answer.headers.getlist("Set-Cookie") if value.startswith("__Host-headrow_asked"))
    assert {"HttpOnly", "SameSite=Lax", "Secure", "Path=/", "Max-Age=600"} <= set(cookie.split("; "))


def test_the_browser_that_asked_for_a_code_knows_for_whom_and_is_known_again(signing_in):
    page = ask_for_a_code(signing_in)
    assert page.form["email"] == "asha@example.org"
    assert [form["data-sign-in"] for form in page.all("form") if "data-sign-in" in form] == ["asha@example.org"]
    asked = signing_in.registration.last("request_sign_in")["browser"]
    form = {**page.form, "code": "123456"}
    assert signing_in.client.post("/sign-in/confirm", data=form, base_url=SECURE).status_code == 303
    assert signing_in.registration.last("confirm_sign_in")["browser"] == asked
    assert len(asked) == 64


def test_whoever_asks_again_is_the_same_browser_until_it_has_signed_in(signing_in):
    page = ask_for_a_code(signing_in)
    ask_for_a_code(signing_in, "ben@example.org")
    before, again = (asked["browser"] for asked in signing_in.registration.every("request_sign_in"))
    assert before == again
    signing_in.client.post("/sign-in/confirm", data={**page.form, "code": "123456"}, base_url=SECURE)
    for cookie in ("__Host-headrow_session", "__Host-headrow_form"):
        signing_in.client.delete_cookie(cookie)
    ask_for_a_code(signing_in)
    assert signing_in.registration.last("request_sign_in")["browser"] != before


def test_the_link_of_another_has_no_code_filled_in_and_says_who_one_is_signing_in_as(signing_in):
    """Whoever mailed it would else have the reader sign in as them, and read what the reader writes."""
    answer = signing_in.client.get("/sign-in/confirm?email=eve@example.org&code=123456")
    form = Page(answer.text).form
    assert (form["email"], form["code"]) == ("", "")
    answer = signing_in.client.post("/sign-in/confirm", data={**form, "email": "eve@example.org", "code": "123456"})
    assert answer.status_code == 303, "what is typed signs in anywhere"
    assert signing_in.registration.last("confirm_sign_in")["browser"] is None
    signing_in.client.delete_cookie("__Host-headrow_session")
    signing_in.registration.answers["confirm_sign_in"] = fakes.refused("code-wrong")
    assert says("sign_in.as_whom", email="eve@example.org") in text_of(sign_in_as(signing_in, "eve@example.org"))


def sign_in_as(world: World, email: str):
    form = {**form_of(world, "/sign-in/confirm"), "email": email, "code": "123456"}
    return world.client.post("/sign-in/confirm", data=form)


@pytest.mark.parametrize("cookie", ["", "made up", "ImEi.aa.bb"])
def test_a_cookie_that_we_did_not_make_is_of_no_browser(signing_in, cookie):
    signing_in.client.set_cookie("__Host-headrow_asked", cookie)
    assert sign_in(signing_in).status_code == 303
    assert signing_in.registration.last("confirm_sign_in")["browser"] is None


def test_opening_the_page_of_the_code_signs_nobody_in(signing_in):
    answer = signing_in.client.get("/sign-in/confirm")
    assert not signing_in.registration.was_asked("confirm_sign_in")
    assert "headrow_session" not in str(answer.headers)


def test_the_code_used_in_another_tab_says_so(signing_in):
    page = ask_for_a_code(signing_in)
    form = {**page.form, "code": "123456"}
    assert signing_in.client.post("/sign-in/confirm", data=form, base_url=SECURE).status_code == 303
    for answer in (
        signing_in.client.post("/sign-in/confirm", data=form, base_url=SECURE),
        signing_in.client.get("/sign-in/confirm", base_url=SECURE),
    ):
        assert answer.status_code == 200
        assert says("sign_in.already") in title(answer)
    assert len(signing_in.registration.every("confirm_sign_in")) == 1


def test_a_code_for_someone_else_does_not_say_so(signing_in):
    form = form_of(signing_in, "/sign-in/confirm")
    signing_in.client.set_cookie("__Host-headrow_session", "person-token")
    other = {**form, "email": "ben@example.org", "code": "123456"}
    answer = signing_in.client.post("/sign-in/confirm", data=other)
    assert (answer.status_code, title(answer).partition(" – ")[0]) == (403, says("pages.open_again"))


def test_the_page_with_the_code_tells_nobody_where_it_was(signing_in):
    answer = signing_in.client.get("/sign-in/confirm")
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Cache-Control"] == "private, no-store"


def test_the_button_signs_in_with_a_cookie_that_scripts_and_other_sites_do_not_get(signing_in):
    answer = sign_in(signing_in)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    cookie = next(value for value in answer.headers.getlist("Set-Cookie") if value.startswith("__Host-headrow_session"))
    assert cookie.startswith("__Host-headrow_session=person-token;")
    assert {"HttpOnly", "SameSite=Lax", "Secure", "Path=/"} <= set(cookie.split("; "))


def test_the_cookie_works_without_https_where_the_site_has_none(settings):
    world = World(replace(settings, public_url="http://localhost:8000"))
    world.registration.answers["confirm_sign_in"] = SIGNED_IN
    world.take_snapshot()
    assert "Secure" not in str(sign_in(world).headers.getlist("Set-Cookie"))


def test_whoever_is_signed_in_sees_their_name_and_can_sign_out(signing_in):
    signing_in.client.set_cookie("__Host-headrow_session", "person-token")
    home = signing_in.client.get("/").text
    assert "Asha" in home
    answer = signing_in.client.post("/sign-out", data=Page(home).form)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    assert "headrow_session=;" in str(answer.headers.getlist("Set-Cookie"))
    asked = signing_in.registration.last("sign_out")
    assert asked["token"] == asked["caller"]["token"]


def test_a_cookie_that_has_died_is_taken_away(signing_in):
    signing_in.client.set_cookie("__Host-headrow_session", "dead")
    answer = signing_in.client.get("/")
    assert answer.status_code == 200
    assert "headrow_session=;" in str(answer.headers.getlist("Set-Cookie"))
    assert says("pages.sign_in") in answer.text


def test_a_cookie_that_cannot_be_checked_now_is_left_alone(signing_in):
    signing_in.client.set_cookie("__Host-headrow_session", "person-token")
    signing_in.registration.answers["who"] = Unavailable()
    for path in ("/", "/sign-in"):
        answer = signing_in.client.get(path)
        assert answer.status_code == 200
        assert "headrow_session" not in str(answer.headers.getlist("Set-Cookie"))


@pytest.mark.parametrize(
    ("refusal", "status", "words"),
    [
        (fakes.refused("code-wrong"), 401, "Refused: code-wrong."),
        (
            fakes.invalid("not-a-code", "code"),
            422,
            says("sign_in.enter_code"),
        ),
    ],
)
def test_a_wrong_code_is_told_on_the_form(signing_in, refusal, status, words):
    signing_in.registration.answers["confirm_sign_in"] = refusal
    answer = sign_in(signing_in)
    page = Page(answer.text)
    assert answer.status_code == status
    assert words in answer.text
    assert page.form["email"] == "asha@example.org"
    wrong = next(field for field in page.all("input") if field.get("name") == "code")
    assert (wrong["aria-invalid"], wrong["aria-describedby"]) == ("true", "code-error")


def test_too_many_codes_are_told_on_the_form(signing_in):
    signing_in.registration.answers["request_sign_in"] = fakes.refused("too-many-codes", retry_after=1800)
    answer = signing_in.client.post("/sign-in", data={**form_of(signing_in, "/sign-in"), "email": "a@b.c"})
    assert answer.status_code == 429
    assert "Refused: too-many-codes." in answer.text


def test_signing_in_while_registration_is_away_says_so(signing_in):
    signing_in.registration.answers["request_sign_in"] = Unavailable()
    answer = signing_in.client.post("/sign-in", data={**form_of(signing_in, "/sign-in"), "email": "a@b.c"})
    assert answer.status_code == 503
    assert says("pages.not_available") in answer.text


def test_a_form_of_another_browser_is_refused(signing_in):
    form = {**form_of(signing_in, "/sign-in"), "email": "asha@example.org"}
    for cookie in ("__Host-headrow_form", "__Host-headrow_session"):
        signing_in.client.delete_cookie(cookie)
    signing_in.client.get("/sign-in")
    answer = signing_in.client.post("/sign-in", data=form)
    assert answer.status_code == 403
    assert not signing_in.registration.was_asked("request_sign_in")


def test_a_form_that_was_tampered_with_is_refused(signing_in):
    form = {**form_of(signing_in, "/sign-in"), "email": "asha@example.org"}
    form["form_token"] = form["form_token"][:-2] + "xx"
    assert signing_in.client.post("/sign-in", data=form).status_code == 403
    assert not signing_in.registration.was_asked("request_sign_in")


@pytest.mark.parametrize("told", [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://elsewhere.example"}])
def test_a_form_from_another_site_is_refused_and_nothing_of_it_is_shown(signing_in, told):
    form = {**form_of(signing_in, "/sign-in"), "email": "asha@example.org", "form_token": "made up"}
    answer = signing_in.client.post("/sign-in", data=form, headers=told)
    assert answer.status_code == 403
    assert says("pages.from_elsewhere") in text_of(answer)


def test_a_form_of_a_visitor_does_not_serve_somebody_who_is_signed_in(signing_in):
    form = form_of(signing_in, "/sign-in")
    signing_in.client.set_cookie("__Host-headrow_session", "person-token")
    assert signing_in.client.post("/sign-out", data=form).status_code == 403
    assert not signing_in.registration.was_asked("sign_out")


@pytest.mark.parametrize(
    ("content", "media", "status"),
    [
        (b"email=a", "text/plain", 415),
        (b"email=a", "multipart/form-data", 415),
        (b"a=" + b"b" * 65536, "application/x-www-form-urlencoded", 413),
        (b"a=\xff", "application/x-www-form-urlencoded", 422),
        (b"&".join([b"a=b"] * 60), "application/x-www-form-urlencoded", 422),
    ],
)
def test_a_form_that_is_none_is_refused(world, content, media, status):
    assert world.client.post("/sign-in", data=content, content_type=media).status_code == status


@pytest.mark.parametrize(("sector", "shown"), [("citizen", "Citizens"), ("fire_service", "fire service")])
def test_a_session_s_page_says_how_many_places_are_held_for_whom_and_until_when(world, sector, shown):
    held = [{"sector": sector, "places": 4, "until": "2027-02-01T17:00:00+00:00"}]
    world.tell("sessions", catalogue.session(version=2, held_places=held))
    text = " ".join(world.client.get("/sessions/maxims-in-practice").text.split())
    assert says("places.held", number=4, whom=shown, when="Monday 1 February 2027, 5pm") in text
