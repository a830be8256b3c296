"""Which emails a person gets: the API, the pages, and the one click of mail programs (RFC 8058)."""

import json
import logging
import re
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from gateway.features.messages.pages import TOPICS
from services.notifications.schemas import ChoicesView
from services.runtime.refusals import Unavailable
from tests.examples import examples
from tests.gateway import fakes
from tests.gateway.conftest import API
from tests.gateway.html import Page
from tests.sentences import says

TOKEN = ".WyI2ZjFmOWE1Mi03YTM1LTRhMmYiLCJyZW1pbmRlcnMiXQ.a_b-C"
PATH = f"/emails/{TOKEN}"
ALL = dict.fromkeys(TOPICS, True)
PERSON = fakes.person(["person"])["id"]
ONE_CLICK = {"List-Unsubscribe": "One-Click"}
CHANGES = ("choose", "choose_by_link", "stop_by_link")


def asked_by_asha(world, method):
    """Return what notifications was asked, in her own name."""
    named = dict(world.notifications.last(method))
    assert named.pop("caller")["id"] == PERSON
    return named


def chosen(world, topic=None, **wanted):
    """Have notifications answer with these choices, to whoever asks in whichever way."""
    now = {**ALL, **wanted}
    world.notifications.answers.update(choices={**now, "version": 31}, choose={**now, "version": 30})
    by_link = {"topic": topic, "wanted": now}
    world.notifications.answers.update(dict.fromkeys(("choices_by_link", "choose_by_link", "stop_by_link"), by_link))


@pytest.fixture
def anybody(world):
    """The gateway, seen by somebody who is not signed in and has a link from a reminder."""
    chosen(world, "reminders")
    return world


@pytest.fixture
def asha(world):
    """The gateway, seen by somebody who is signed in."""
    chosen(world)
    world.client.set_cookie("headrow_session", "person-token")
    return world


def form_token(world, path=PATH):
    return {"form_token": Page(world.client.get(path).text).form["form_token"]}


def heading(answer):
    return re.search(r"<h1[^>]*>(.*?)</h1>", answer.text)[1]


def ticked(answer):
    boxes = [field for field in Page(answer.text).all("input") if field["type"] == "checkbox"]
    return {box["name"]: "checked" in box for box in boxes}


def nothing_was_changed(world):
    return not any(world.notifications.was_asked(method) for method in CHANGES)


# The API


def test_one_reads_what_one_gets_in_the_shape_that_is_described(world):
    chosen(world, reminders=False)
    answer = world.get("/me/emails", "person-token")
    assert (answer.status_code, answer.json) == (200, {**ALL, "reminders": False})
    assert (answer.headers["ETag"], answer.headers["Cache-Control"]) == ('"31"', "private, no-store")
    assert world.get("/me/emails", "person-token", If_None_Match='"31"').status_code == 304
    assert asked_by_asha(world, "choices") == {"person": PERSON}
    document = json.loads(world.get("/openapi.json").text)
    described = document["paths"][f"{API}/me/emails"]["get"]["responses"]["200"]
    schema = {**described["content"]["application/json"]["schema"], "components": document["components"]}
    assert list(Draft202012Validator(schema).iter_errors(answer.json)) == []


def test_one_chooses_topics_as_long_as_nothing_has_changed(world):
    chosen(world, reminders=False)
    answer = world.ask("PATCH", "/me/emails", "person-token", {"reminders": False}, If_Match='"31"')
    assert (answer.status_code, answer.json, answer.headers["ETag"]) == (200, {**ALL, "reminders": False}, '"30"')
    assert asked_by_asha(world, "choose") == {"person": PERSON, "given": {"reminders": False}, "version": 31}
    assert world.ask("PATCH", "/me/emails", "person-token", {}).status_code == 428
    world.notifications.answers["choose"] = fakes.refused("stale-version")
    assert world.ask("PATCH", "/me/emails", "person-token", {}, If_Match='"3"').status_code == 412
    world.notifications.answers["choose"] = fakes.invalid("unknown-field", "news")
    assert world.ask("PATCH", "/me/emails", "person-token", {"news": True}, If_Match='"3"').status_code == 422


def test_an_account_that_is_too_new_is_asked_to_wait(world):
    world.notifications.answers["choose"] = fakes.refused("not-found")
    answer = world.ask("PATCH", "/me/emails", "person-token", {"reminders": False}, If_Match='"31"')
    assert (answer.status_code, answer.json["type"]) == (503, "/problems/unavailable")


# The page for whoever is signed in


def test_pages_speak_of_every_topic():
    assert list(TOPICS) == list(ChoicesView().fields)


def test_the_page_shows_what_one_gets(asha):
    chosen(asha, materials=False)
    answer = asha.client.get("/emails")
    assert (answer.status_code, heading(answer)) == (200, says("email_choice.title"))
    assert ticked(answer) == {**ALL, "materials": False}
    assert asked_by_asha(asha, "choices") == {"person": PERSON}


def test_what_is_ticked_is_kept_and_what_is_not_is_not(asha):
    sent = {**form_token(asha, "/emails"), "reminders": "yes", "interests": "yes", "other": "yes"}
    answer = asha.client.post("/emails", data=sent)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/emails?done=saved")
    given = {topic: topic in ("reminders", "interests") for topic in TOPICS}
    assert asked_by_asha(asha, "choose") == {"person": PERSON, "given": given, "version": None}
    saved = asha.client.get("/emails?done=saved")
    assert f'<h1 role="status">{says("email_choice.saved")}</h1>' in saved.text
    assert ticked(saved) == ALL


def test_the_page_can_be_found_from_every_other(asha):
    assert 'href="/emails">' in asha.client.get("/").text


# The page that a link in an email leads to


def test_the_link_in_an_email_asks_about_its_topic_with_one_button_and_shows_all_below(anybody):
    answer = anybody.client.get(PATH)
    assert (answer.status_code, heading(answer)) == (200, says("email_choice.stop", emails="reminders"))
    assert [form["action"] for form in Page(answer.text).all("form")] == [f"{PATH}/stop", f"{PATH}/choose"]
    assert ticked(answer) == ALL
    assert anybody.notifications.last("choices_by_link") == {"token": TOKEN}


@pytest.mark.parametrize("topic", TOPICS)
def test_every_topic_has_words_for_it(world, topic):
    chosen(world, topic)
    assert heading(world.client.get(PATH)) == says("email_choice.stop", emails=TOPICS[topic].emails)
    chosen(world, topic, **{topic: False})
    assert heading(world.client.get(PATH)) == says("email_choice.no_more", emails=TOPICS[topic].emails)


def test_a_link_without_a_topic_shows_the_choice(world):
    chosen(world)
    answer = world.client.get(PATH)
    assert heading(answer) == says("email_choice.title")
    assert [form["action"] for form in Page(answer.text).all("form")] == [f"{PATH}/choose"]


def test_the_button_stops_the_topic_and_it_can_be_undone(anybody):
    answer = anybody.client.post(f"{PATH}/stop", data=form_token(anybody))
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{PATH}?done=stopped")
    assert anybody.notifications.last("stop_by_link") == {"token": TOKEN}
    chosen(anybody, "reminders", reminders=False)
    stopped = anybody.client.get(f"{PATH}?done=stopped")
    assert f'<h1 role="status">{says("email_choice.no_more", emails="reminders")}</h1>' in stopped.text
    assert [form["action"] for form in Page(stopped.text).all("form")] == [f"{PATH}/start", f"{PATH}/choose"]
    answer = anybody.client.post(f"{PATH}/start", data=form_token(anybody))
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{PATH}?done=started")
    assert anybody.notifications.last("choose_by_link") == {"token": TOKEN, "given": {"reminders": True}}
    chosen(anybody, "reminders")
    assert heading(anybody.client.get(f"{PATH}?done=started")) == says("email_choice.again", emails="reminders")


def test_nobody_is_told_that_it_was_stopped_when_it_was_not(anybody):
    assert heading(anybody.client.get(f"{PATH}?done=stopped")) == says("email_choice.stop", emails="reminders")


def test_all_topics_can_be_chosen_by_the_link(anybody):
    answer = anybody.client.post(f"{PATH}/choose", data={**form_token(anybody), "follow_ups": "yes"})
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{PATH}?done=saved")
    given = {topic: topic == "follow_ups" for topic in TOPICS}
    assert anybody.notifications.last("choose_by_link") == {"token": TOKEN, "given": given}
    assert heading(anybody.client.get(f"{PATH}?done=saved")) == says("email_choice.saved")


def test_a_link_without_a_topic_starts_nothing(world):
    chosen(world)
    world.client.post(f"{PATH}/start", data=form_token(world))
    assert world.notifications.last("choose_by_link")["given"] == {}


@pytest.mark.parametrize("path", [PATH, "/emails"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_get_changes_nothing(asha, path, method):
    for query in ("", "?done=stopped", "?List-Unsubscribe=One-Click&reminders=no"):
        asha.client.open(path + query, method=method, data=ONE_CLICK if method == "GET" else None)
    for name in ("stop", "start", "choose"):
        assert asha.client.open(f"{PATH}/{name}", method=method).status_code == 405
    assert nothing_was_changed(asha)


def test_no_other_site_and_no_cache_learns_the_link(anybody):
    form = form_token(anybody)
    answers = [
        anybody.client.get(PATH),
        anybody.client.get("/emails/unknown"),
        anybody.client.post(PATH, data=ONE_CLICK),
    ]
    answers += [anybody.client.post(f"{PATH}/{name}", data=form) for name in ("stop", "start", "choose")]
    anybody.notifications.answers["choices_by_link"] = fakes.refused("not-found")
    answers.append(anybody.client.get(PATH))
    for answer in answers:
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["Cache-Control"] == "private, no-store"
    anybody.notifications.answers["choices_by_link"] = Unavailable()
    away = anybody.client.get(PATH)
    assert (away.status_code, away.headers["Cache-Control"]) == (503, "no-store")
    assert away.headers["Referrer-Policy"] == "no-referrer"


def test_the_link_is_neither_logged_nor_counted(anybody, caplog):
    anybody.notifications.answers["stop_by_link"] = ZeroDivisionError("broken")
    with caplog.at_level(logging.DEBUG):
        assert anybody.client.post(PATH, data=ONE_CLICK).status_code == 500
        anybody.client.get(f"{PATH}/nothing-here")
        anybody.client.get(PATH)
    assert TOKEN not in caplog.text
    assert TOKEN not in anybody.application.metrics.written().decode()


@pytest.mark.parametrize("name", ["", "/stop", "/start", "/choose"])
def test_a_link_that_leads_nowhere_says_so(anybody, name):
    form = form_token(anybody)
    for method in ("choices_by_link", "choose_by_link", "stop_by_link"):
        anybody.notifications.answers[method] = fakes.refused("not-found")
    answer = anybody.client.post(PATH + name, data=form) if name else anybody.client.get(PATH)
    assert (answer.status_code, heading(answer)) == (404, says("email_choice.no_such_link"))


@settings(max_examples=examples(200), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(token=st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60), post=st.booleans())
@example(token="a" * 201, post=True)
@example(token="../me", post=False)
@example(token="%2e%2e", post=False)
@example(token="\x00", post=True)
def test_any_other_link_leads_nowhere(anybody, token, post):
    for method in ("choices_by_link", "stop_by_link"):
        anybody.notifications.answers[method] = fakes.refused("not-found")
    answer = anybody.client.open(path=f"/emails/{token}", method="POST" if post else "GET", data=ONE_CLICK)
    assert answer.status_code in (404, 405)


# The one click of mail programs


@pytest.mark.parametrize("multipart", [False, True])
def test_a_mail_program_stops_the_topic_without_a_cookie_and_without_a_form_of_ours(anybody, multipart):
    kind = {"content_type": "multipart/form-data"} if multipart else {}
    answer = anybody.client.post(PATH, data=ONE_CLICK, **kind)
    assert (answer.status_code, answer.mimetype) == (200, "text/plain")
    assert "Set-Cookie" not in answer.headers
    assert anybody.notifications.asked == [("stop_by_link", {"token": TOKEN})]


def test_a_mail_program_that_asks_twice_is_answered_twice(anybody):
    assert [anybody.client.post(PATH, data=ONE_CLICK).status_code for _ in range(2)] == [200, 200]


def test_a_mail_program_is_told_that_a_link_leads_nowhere_or_cannot_be_followed_now(anybody):
    anybody.notifications.answers["stop_by_link"] = fakes.refused("not-found")
    assert anybody.client.post(PATH, data=ONE_CLICK).status_code == 404
    anybody.notifications.answers["stop_by_link"] = Unavailable()
    assert anybody.client.post(PATH, data=ONE_CLICK).status_code == 503


PART = b'--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n'


@pytest.mark.parametrize(
    ("content", "media", "status"),
    [
        (b"", "application/x-www-form-urlencoded", 422),
        (b"List-Unsubscribe=Two-Clicks", "application/x-www-form-urlencoded", 422),
        (b"List-Unsubscribe=One-Click&List-Unsubscribe=No", "application/x-www-form-urlencoded", 422),
        (b"list-unsubscribe=One-Click", "application/x-www-form-urlencoded", 422),
        (b"reminders=yes&form_token=x", "application/x-www-form-urlencoded", 422),
        (b"\xff\x00=\xff&%zz", "application/x-www-form-urlencoded", 422),
        (b"List-Unsubscribe=One-Click", "multipart/form-data", 422),
        (PART * 2 + b"--x--", "multipart/form-data; boundary=x", 422),
        (b"--x\r\n\r\nnonsense", "multipart/form-data; boundary=x", 422),
        (PART * 50 + b"--x--", "multipart/form-data; boundary=x", 413),
        (b'{"List-Unsubscribe": "One-Click"}', "application/json", 415),
        (b"List-Unsubscribe=One-Click", "text/plain", 415),
        (b"List-Unsubscribe=One-Click", "", 415),
        (b"List-Unsubscribe=One-Click&a=" + b"b" * 65536, "application/x-www-form-urlencoded", 413),
    ],
)  # fmt: skip
def test_nothing_else_is_done_there(anybody, content, media, status):
    answer = anybody.client.post(PATH, data=content, content_type=media)
    assert answer.status_code == status
    assert nothing_was_changed(anybody)


@settings(max_examples=examples(200), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    before=st.binary(max_size=60),
    after=st.binary(max_size=20),
    media=st.sampled_from(["multipart/form-data; boundary=x", 'multipart/form-data; charset="é"; boundary="x"']),
)
@example(before=b'--x\r\nContent-Disposition: form-data; name="a"; filename="b"\r\n\r\n', after=b"", media="x")
@example(before=b"--x\r\nContent-Disposition: form-data; name*=utf-9''a\r\n\r\n", after=b"\r\n--x--", media="x")
def test_no_body_breaks_anything(anybody, before, after, media):
    media = "multipart/form-data; boundary=x" if media == "x" else media
    answer = anybody.client.post(PATH, data=before + PART + after, content_type=media)
    assert answer.status_code in (200, 413, 422)


def test_another_site_does_not_use_the_visitor_s_cookie_for_it(asha):
    answer = asha.client.post(PATH, data=ONE_CLICK, headers={"Origin": "https://evil.example"})
    assert answer.status_code == 403
    assert nothing_was_changed(asha)


# All of them

STATES = [("/emails", None, None), ("/emails", None, "saved"), (PATH, None, None), (PATH, "interests", None),
          (PATH, "interests", "stopped"), (PATH, "interests", "started"), (PATH, "interests", "saved"),
          ("/emails/unknown", None, None)]  # fmt: skip


@pytest.mark.parametrize(("path", "topic", "done"), STATES)
@pytest.mark.parametrize("signed_in", [True, False])
def test_every_page_can_be_used_without_seeing_it(world, path, topic, done, signed_in):
    chosen(world, topic, interests=done != "stopped")
    if path.endswith("unknown"):
        world.notifications.answers["choices_by_link"] = fakes.refused("not-found")
    if signed_in:
        world.client.set_cookie("headrow_session", "person-token")
    text = world.client.get(path + (f"?done={done}" if done else "")).text
    page = Page(text)
    assert len(page.all("title")) == len(page.all("h1")) == len(page.all("main")) == 1
    assert page.all("a")[0]["href"] == "#main"
    boxes = [field for field in page.all("input") if field["type"] != "hidden"]
    assert {field["id"] for field in boxes} == {label["for"] for label in page.all("label")}
    assert len(page.all("fieldset")) == len(page.all("legend")) == bool(boxes)
    named = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(named) == len(set(named))
    assert {field["aria-describedby"] for field in boxes} <= set(named)
    levels = [int(tag[1]) for tag, _ in page.elements if re.fullmatch("h[1-6]", tag)]
    assert all(below - level <= 1 for level, below in pairwise(levels))
    assert [script["src"].partition("?")[0] for script in page.all("script")] == ["/static/headrow.js"]
