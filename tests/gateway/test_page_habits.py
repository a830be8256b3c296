"""What every page does alike, held against the route table: a new page is among them before anyone thinks of it."""

import re
from fnmatch import fnmatch
from importlib import import_module
from itertools import pairwise
from types import SimpleNamespace
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.web.routing import Route, SignIn
from services.runtime.refusals import Unavailable
from tests.examples import examples
from tests.gateway import catalogue, fakes
from tests.gateway import world_of_pages as pages
from tests.gateway.rows_of_pages import CHANGES, READS
from tests.gateway.shown_page import Shown
from tests.gateway.world_of_pages import PAGES, asked_of, filled_in, form_of, look, path_of, seen_by
from tests.sentences import says

pytestmark = pytest.mark.patient

GETS = [route for route in PAGES if route.method == "GET"]
HTML = [route for route in GETS if route.media == "text/html"]
AT_PATH = {route.path: route for route in HTML}
POSTS = [route for route in PAGES if route.form]
FOR_SOMEBODY = [route for route in PAGES if route.requires != "anyone"]
READING = {f"{service}.{method}" for service, answers in READS.items() for method in answers}
WHO = {"registration.who"}
OF_DRAFTS = {  # follow what the catalogue did with a draft
    f"registration.{name}" for name in ("copy_to_drafts", "forget_draft", "forget_drafts")
}
NASTY = '<script>alert(1)</script>" onfocus="alert(1)" \'&amp;{{ 1234567 * 9 }}{% for %}</textarea></title>'
ESCAPED = "&lt;script&gt;alert(1)&lt;/script&gt;"
WORDS = "Hello\r\n<b>Ben</b> & “all”"
IN_A_FRAME = {"messages.show_html": "it is the example itself, in a frame that can do nothing: test_team_messages.py"}
HAS_TO_KNOW = {"account.show_deleted": "nobody who has an account is told that it is deleted"}
TELLS_NOTHING = {  # pages on which nothing stands that anybody wrote
    *("account.show_delete", "account.show_deleted", "calendar_address.show_address", "calendar_address.show_stop"),
    *(
        "community.show_leave",
        "emails.show_by_link",
        "emails.show_choices",
        "errors.all_problems",
        "errors.one_problem",
    ),
    *("notices.show_accessibility", "notices.show_contact", "notices.show_cookies", "notices.show_privacy"),
    *("sign_in.show_confirm", "sign_in.show_sign_in", "suggest.show_form", "team_imports.show_import"),
    "team_move_in.show_file",
    *(f"second_factor.show_{name}" for name in ("second_factor", "change", "renew", "remove", "set_up")),
    *("providers.show_confirm", "sign_in.show_signed_out"),
    "sign_ins.show_sign_ins",  # the names of devices are our own
    *("team_library.show_new_of_library", "team_library.show_paste_of_library"),
    *("team_programmes.show_new_programme", "team_speakers.show_new_speaker", "topics.show_topics"),
    *("team_topics.show_topics", "team_topics.show_topic"),  # topics have letters of addresses alone
    *("welcome.show_welcome", "email.show_undone", "merges.show_code"),
}
LEADS_ON = {"book.show_check", "book.show_about_you", "book.show_needs"}  # whoever has written nothing signs in at once
BOOK = pages.BY_NAME["book.show_check"]
BACK = {  # the other pages that people come back to
    **dict.fromkeys((route.name for route in PAGES if route.name.startswith("account.")), "/account"),
    **dict.fromkeys((route.name for route in PAGES if route.path.startswith(f"{BOOK.path}/")), path_of(BOOK)),
    "tell_me.tell_me": "/topics/systems-thinking",
}


def each(routes: list[Route]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("route", routes, ids=[route.name for route in routes])


@pytest.fixture
def world(world):
    return pages.furnish(world)


def keeps_of(route: Route) -> dict[str, str]:
    """Return the fields whose words are given back, however the page asks to sign in."""
    sign_in = route.sign_in if isinstance(route.sign_in, SignIn) else import_module(route.handler.__module__).SIGN_IN
    return dict(sign_in.keeps)


def written_in(form: dict[str, str], keeps: dict[str, str], words: str) -> dict[str, str]:
    """Return a form with these words in each field that is given back; of fields `name-*`, in one of them."""
    together = tuple(name.removesuffix("*") for name in keeps if name.endswith("*"))
    others = {name: text for name, text in form.items() if not (together and name.startswith(together))}
    return {**others, **dict.fromkeys(keeps, words)}


def back_of(route: Route) -> str:
    """Return where whoever signed in comes to: this page; for a button or a file, the nearest page above it.

    Above a file is the page of its name without what comes after the dot.
    """
    above = route.path if route.path in AT_PATH else route.path.rpartition(".")[0] or route.path
    while above not in AT_PATH:
        above = above.rpartition("/")[0]
    page = AT_PATH[above]
    return BACK.get(route.name, pages.address_of(page) if page is route else path_of(page))


def ways_in(answer) -> list[str]:
    return [link for link in Shown(answer.text).links if link.startswith("/sign-in?next=")]


# Signed out


@each([route for route in FOR_SOMEBODY if route.method == "GET"])
def test_whoever_is_not_signed_in_is_asked_to_and_comes_back(world, route):
    back = back_of(route)
    for token in (None, "dead"):
        pages.sign_in(world, token)
        pages.forget(world)
        answer = pages.see(world, route)
        assert answer.status_code == (303 if route.name in LEADS_ON else 401)
        [way] = [answer.headers["Location"]] if route.name in LEADS_ON else ways_in(answer)
        assert parse_qs(urlsplit(way).query)["next"] == [back]
        assert {method for method, _ in asked_of(world)} <= WHO
    assert Shown(world.client.get(way).text).forms["/sign-in"]["next"] == back


@each([route for route in FOR_SOMEBODY if route.form])
def test_whoever_was_signed_out_while_they_wrote_does_nothing_and_is_given_back_their_words(world, route):
    (form, areas), keeps = pages.form_shown(world, route), keeps_of(route)
    lost = [area for area in areas if not any(fnmatch(area, kept) for kept in keeps)]
    assert lost == [], "what takes long to write is among what is given back"
    world.registration.answers["who"] = fakes.refused("not-signed-in")
    pages.forget(world)
    answer = pages.post(world, route, written_in(form, keeps, WORDS))
    assert answer.status_code == 401
    shown = Shown(answer.text)
    assert list(shown.areas.values()) == [WORDS.replace("\r\n", "\n")] * len(keeps)
    assert len(shown.all("h1")) == 1
    assert all(words in answer.text for words in keeps.values())
    assert ways_in(answer) == [f"/sign-in?next={back_of(route)}"]
    assert {method for method, _ in asked_of(world)} <= WHO


@each([route for route in FOR_SOMEBODY if route.method == "GET"])
def test_while_nobody_knows_who_is_looking_a_page_for_somebody_says_so(world, route):
    world.registration.answers["who"] = Unavailable()
    assert look(world, route).status_code == 503


@each([route for route in HTML if route.requires == "anyone" and route.name not in HAS_TO_KNOW])
def test_while_nobody_knows_who_is_looking_a_page_for_anyone_is_there(world, route):
    pages.sign_in(world, "person-token")
    world.registration.answers["who"] = Unavailable()
    assert world.client.get(path_of(route)).status_code == 200


# Forms


@each(POSTS)
def test_a_form_that_was_not_shown_to_this_browser_asks_for_nothing(world, route):
    form = filled_in(world, route)
    theirs = world.application.pages.forms.token(SimpleNamespace(token="of another browser"))
    for token in ({}, {"form_token": "made up"}, {"form_token": theirs}):
        sent = {name: text for name, text in form.items() if name != "form_token"}
        assert pages.post(world, route, {**sent, **token}).status_code == 403
    pages.sign_in(world, None)
    assert pages.post(world, route, sent).status_code == 403
    assert {method for method, _ in asked_of(world)} <= WHO


@each([route for route in FOR_SOMEBODY if route.form])
def test_whoever_signed_out_in_another_tab_does_nothing_and_is_given_back_their_words(world, route):
    (form, _), keeps = pages.form_shown(world, route), keeps_of(route)
    pages.sign_in(world, None)
    pages.forget(world)
    answer = pages.post(world, route, written_in(form, keeps, WORDS))
    assert answer.status_code == 401
    assert list(Shown(answer.text).areas.values()) == [WORDS.replace("\r\n", "\n")] * len(keeps)
    assert ways_in(answer) == [f"/sign-in?next={back_of(route)}"]
    assert {method for method, _ in asked_of(world)} <= WHO


@each([route for route in FOR_SOMEBODY if route.form])
def test_whoever_had_a_page_open_for_too_long_does_nothing_and_is_given_back_their_words(world, route):
    (form, _), keeps = pages.form_shown(world, route), keeps_of(route)
    pages.forget(world)
    old = {"form_token": world.application.pages.forms.token(SimpleNamespace(token="of a session before"))}
    answer = pages.post(world, route, {**written_in(form, keeps, NASTY), **old})
    assert answer.status_code == 403
    assert [area.strip() for area in Shown(answer.text).areas.values()] == [NASTY] * len(keeps)
    assert (NASTY in answer.text) is False
    assert says("pages.open_again") in answer.text
    assert {method for method, _ in asked_of(world)} <= WHO


@each(POSTS)
def test_a_form_does_what_it_is_for_and_twice_is_once(world, route):
    form, known = filled_in(world, route), form_of(route)
    token = seen_by(route)
    answers = []
    for _ in range(2):
        pages.sign_in(world, token)  # deleting the account signs out
        answers.append(pages.post(world, route, form))
    assert [answer.status_code for answer in answers] in ([303, 303], [200, 200])
    assert answers[0].headers.get("Location") == answers[1].headers.get("Location")
    done = [named for method, named in asked_of(world) if method == known.asks]
    assert {method for method, _ in asked_of(world)} - READING - OF_DRAFTS == {known.asks} - {""}
    keys = [named.get("key") for named in done]
    assert len(keys) == (2 if known.asks else 0)
    assert keys[:1] * len(keys) == keys, "the same form has the same key"
    assert all((key is None) == bool(known.keyless) for key in keys)
    assert known.keyless or filled_in(world, route)["key"] != form["key"], "a form that is shown anew is another one"


# Looking


@each(GETS)
def test_looking_at_a_page_changes_nothing_whatever_is_in_its_address(world, route):
    sent = [form_of(form).said for form in POSTS if form.path == route.path]
    said = {name: text for one in sent for name, text in one.items()}
    pressed = urlencode({"key": "abcdefghijk", "form_token": "x", "done": "saved", "told": "yes", **said})
    look(world, route, query=pressed)
    assert {method for method, _ in asked_of(world)} <= READING


@each(GETS)
def test_a_page_is_there_for_whom_it_is_and_looking_changes_nothing(world, route):
    answer, head = look(world, route), pages.see(world, route, "HEAD")
    assert {method for method, _ in asked_of(world)} <= READING
    assert (answer.status_code, answer.mimetype) == (200, route.media)
    assert (head.status_code, head.data) == (200, b"")
    assert {*head.headers.keys()} | {"Set-Cookie"} == {*answer.headers.keys()} | {"Set-Cookie"}
    if seen_by(route) or route.private:
        assert answer.headers["Cache-Control"] == "private, no-store"
    if route.private:
        assert answer.headers["Referrer-Policy"] == "no-referrer"
    if route.media == "text/html" and route.name not in IN_A_FRAME:
        for shown in (answer, *(pages.see(world, route, query=query) for query in pages.ALSO.get(route.name, ()))):
            assert shown.status_code == 200
            usable(shown)


def usable(answer) -> None:
    """Hold a page against what somebody needs who does not see it, and against what may be in one."""
    page = Shown(answer.text)
    assert page.all("html") == [{"lang": "en-GB"}]
    assert len(page.all("h1")) == len(page.all("main")) == 1
    assert len(page.all("title")) == 1 + len([svg for svg in page.all("svg") if svg.get("role") == "img"])
    assert all(frame["title"] for frame in page.all("iframe"))
    assert page.links[0] == "#main"
    labelled = {label["for"] for label in page.all("label")}
    fields = [*page.all("textarea"), *page.all("select"), *page.all("input")]
    assert {field["id"] for field in fields if field.get("type") not in ("hidden", "submit")} == labelled
    named = [found["id"] for _, found in page.elements if "id" in found]
    assert len(named) == len(set(named))
    assert {word for _, found in page.elements for word in (found.get("aria-describedby") or "").split()} <= set(named)
    assert {link[1:] for link in page.links if link.startswith("#")} <= set(named)
    levels = [int(tag[1]) for tag, _ in page.elements if re.fullmatch("h[1-6]", tag)]
    assert all(below - level <= 1 for level, below in pairwise(levels))
    assert page.all("style") == []
    assert not any(name == "style" or name.startswith("on") for _, found in page.elements for name in found)
    scripts = [script for script in page.all("script") if script.get("type") != "application/ld+json"]
    assert {script["src"].partition("?")[0] for script in scripts} == {"/static/headrow.js"}
    policy = answer.headers["Content-Security-Policy"]
    assert policy.split("; ", 2)[:-1] == ["default-src 'none'", "style-src 'self'"]
    assert "unsafe" not in policy


# Markup


def write(world, words: str) -> None:
    """Have these be the words of every text that a service tells."""
    for name in pages.SERVICES:
        answers = getattr(world, name).answers
        for method, answer in answers.items():
            answers[method] = pages.written(answer, words)
    version = world.model.revision + 2
    delivery = world.model.sessions["maxims-in-practice"].data["delivery"]
    for kind, thing in (
        ("city", catalogue.city(version=version)),
        ("speakers", catalogue.speaker(version=version)),
        ("programmes", catalogue.programme(version=version)),
        ("materials", catalogue.material(version=version)),
        ("sessions", catalogue.session(version=version, delivery=delivery, cancel_reason="Ill")),
        ("sessions", catalogue.session(pages.LATER, "2026-12-08T14:00:00+00:00", version=version)),
    ):
        world.tell(kind, pages.written(thing, words))


def is_text(answer) -> bool:
    Shown(answer.text)
    return "<script>alert" not in answer.text and "11111103" not in answer.text


@each([route for route in HTML if route.name not in IN_A_FRAME])
def test_whatever_anybody_wrote_is_text_and_never_markup(world, route):
    pages.prepare(world, route)
    write(world, NASTY)
    answer = pages.see(world, route)
    assert answer.status_code == 200
    assert is_text(answer)
    usable(answer)
    main = answer.text.partition("<main")[2]
    assert (ESCAPED in main) == (route.name not in TELLS_NOTHING)


@settings(max_examples=examples(200), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    route=st.sampled_from([route for route in HTML if route.name not in IN_A_FRAME]),
    words=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\x00"), min_size=1, max_size=40),
)
def test_no_words_of_anybody_break_a_page(world, route, words):
    pages.furnish(world)
    pages.prepare(world, route)
    write(world, words)
    answer = pages.see(world, route)
    assert answer.status_code == 200
    usable(answer)


@each(POSTS)
def test_whatever_is_typed_comes_back_as_text_and_never_as_markup(world, route):
    form = filled_in(world, route)
    known = form_of(route)
    typed = {name: NASTY for name in form if name not in ("form_token", "key", "version", "do", "step")}
    service, _, method = known.asks.partition(".")
    if service:
        getattr(world, service).answers[method] = fakes.invalid("not-text", *(typed or ["text"]))
    answer = pages.post(world, route, {**form, **typed})
    assert answer.status_code in (200, 303, 404, 409, 422)
    assert answer.status_code == 303 or is_text(answer)


# What is known here


def test_nothing_is_known_here_of_a_page_that_is_gone():
    told = {
        *pages.FORMS,
        *pages.SEEN_BY,
        *pages.ASKS,
        *pages.ALSO,
        *IN_A_FRAME,
        *HAS_TO_KNOW,
        *TELLS_NOTHING,
        *LEADS_ON,
        *BACK,
    }
    assert told - pages.BY_NAME.keys() == set()
    assert pages.STATES.keys() - {route.path for route in PAGES} == set()
    assert [method for service in CHANGES for method in CHANGES[service] if method in READS[service]] == []
