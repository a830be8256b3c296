"""Pledges through the gateway: the API, and the page on which one reads one's own and says what became of it."""

import re

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from services.registration.schemas import PledgeAnswer
from tests.gateway import fakes
from tests.gateway.forms import Texts, chosen
from tests.gateway.html import Page, text_of
from tests.sentences import says

REFERENCE = "K3M9Q-XW2TB"
PATH = f"/bookings/{REFERENCE}/pledge"
SAID = {"did": "partly", "note": "Ask Ben.\nThen Cleo."}
VIEW = {
    "reference": REFERENCE,
    "session": "maxims-in-practice",
    "title": "Myron’s Maxims in practice",
    "pledge": "Listen first.\nThen talk.",
    "given_at": "2026-10-01T09:00:00+00:00",
    "asked_at": "2026-11-10T15:30:00+00:00",
    "did": None,
    "note": None,
    "answered_at": None,
    "version": 1,
}
ANSWERED = {**VIEW, **SAID, "answered_at": "2026-11-20T09:00:00+00:00", "version": 2}


@pytest.fixture
def ada(world):
    """The gateway, seen by somebody who is signed in, and made a pledge more than six weeks ago."""
    world.registration.answers.update(pledge=VIEW, answer_pledge=ANSWERED)
    world.client.set_cookie("headrow_session", "person-token")
    return world


def send(world, **said):
    form = Page(world.client.get(PATH).text).form
    return world.client.post(PATH, data={"form_token": form["form_token"], **said})


# The API


def test_one_reads_one_s_own(world):
    world.registration.answers["pledge"] = VIEW
    answer = world.get(PATH, "person-token")
    assert (answer.status_code, answer.json, answer.headers["ETag"]) == (200, VIEW, '"1"')
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert world.get(PATH, "person-token", If_None_Match='"1"').status_code == 304


def test_what_became_of_it_reaches_registration_and_comes_back(world):
    world.registration.answers["answer_pledge"] = fakes.FakeAnswer(ANSWERED, replayed=True)
    answer = world.ask("POST", PATH, "person-token", SAID, Idempotency_Key="k")
    assert (answer.status_code, answer.json, answer.headers["ETag"]) == (200, ANSWERED, '"2"')
    assert answer.headers["Idempotent-Replayed"] == "true"
    asked = world.registration.last("answer_pledge")
    assert (asked["reference"], asked["given"], asked["key"]) == (REFERENCE, SAID, "k")


@pytest.mark.parametrize("token", ["person-token", "team-token", "operator-token"])
def test_to_whoever_does_not_own_it_there_is_none_the_team_included(world, token):
    world.registration.answers.update(pledge=fakes.refused("not-found"), answer_pledge=fakes.refused("not-found"))
    assert world.get(PATH, token).status_code == 404
    assert world.ask("POST", PATH, token, SAID).status_code == 404


@pytest.mark.parametrize(("code", "status"), [("no-pledge", 404), ("pledge-not-due", 409)])
def test_a_refusal_is_a_problem_with_a_page(world, code, status):
    world.registration.answers["answer_pledge"] = fakes.refused(code)
    answer = world.ask("POST", PATH, "person-token", SAID)
    assert (answer.status_code, answer.json["type"]) == (status, f"/problems/{code}")
    assert "pledge" in world.client.get(f"/problems/{code}").text


# The page


def test_the_page_shows_the_pledge_and_asks_whether_it_was_done(ada):
    answer = ada.client.get(PATH)
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "private, no-store")
    radios = [field for field in Page(answer.text).all("input") if field["type"] == "radio"]
    assert [field["value"] for field in radios] == ["yes", "partly", "not_yet"]
    assert chosen(Page(answer.text)) == []
    text = text_of(answer)
    asked = (says("pledge.question"), says("pledge.did"), says("pledge.in_part"), says("pledge.not_yet"))
    promised = (says("pledge.only_you_read"), says("pledge.team_sees_no_names"))
    for words in ("Listen first. Then talk.", "Thursday 1 October 2026", *asked, *promised):
        assert words in text


def test_before_six_weeks_are_over_the_page_says_when_it_will_ask(ada):
    ada.registration.answers["pledge"] = {**VIEW, "asked_at": "2026-11-23T10:00:01+00:00"}
    answer = ada.client.get(PATH)
    assert "Listen first." in answer.text
    assert says("pledge.say_from", when="Monday 23 November 2026") in text_of(answer)
    assert not Page(answer.text).all("textarea")


def test_what_is_filled_in_reaches_registration_as_it_was_written(ada):
    answer = send(ada, did="partly", note="Ask Ben.\r\nThen Cleo.")
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{PATH}?saved=yes")
    asked = ada.registration.last("answer_pledge")
    assert (asked["reference"], asked["given"]) == (REFERENCE, SAID)
    send(ada, did="yes", note=" \r\n ")
    assert ada.registration.last("answer_pledge")["given"] == {"did": "yes", "note": None}


def test_what_was_said_is_shown_and_can_be_changed(ada):
    ada.registration.answers["pledge"] = ANSWERED
    answer = ada.client.get(f"{PATH}?saved=yes")
    assert says("pledge.kept") in answer.text
    assert chosen(Page(answer.text)) == ["partly"]
    assert Texts(answer.text).found == {"note": "Ask Ben.\nThen Cleo."}
    assert says("pledge.kept_begins") not in ada.client.get(PATH).text


def test_a_get_saves_nothing_and_does_not_say_so(ada):
    assert says("pledge.kept_begins") not in ada.client.get(f"{PATH}?did=yes&saved=yes").text
    assert not ada.registration.was_asked("answer_pledge")


@pytest.mark.parametrize("did", ["", "no", "YES", "<b>"])
def test_without_an_answer_none_is_sent_and_nothing_that_was_typed_is_lost(ada, did):
    ada.registration.answers["answer_pledge"] = fakes.checked(PledgeAnswer(), VIEW)
    answer = send(ada, did=did, note="a" * 1001)
    assert answer.status_code == 422
    assert "did" not in ada.registration.last("answer_pledge")["given"]
    page = Page(answer.text)
    links = [link["href"] for link in page.all("a") if (link["href"] or "").startswith("#") and link["href"] != "#main"]
    assert links == ["#did", "#note"]
    fields = {attributes.get("id"): tag for tag, attributes in page.elements if "id" in attributes}
    assert [fields[link[1:]] for link in links] == ["input", "textarea"]
    assert f"<title>Error: {says('pledge.title')}" in answer.text
    assert answer.text.count(says("pledge.choose")) == 2
    assert says("field_errors.too_long_text", what="Your note", most=1000, written=1001) in answer.text
    assert Texts(answer.text).found == {"note": "a" * 1001}


def test_what_was_chosen_stays_chosen_where_the_note_is_wrong(ada):
    ada.registration.answers["answer_pledge"] = fakes.checked(PledgeAnswer(), VIEW)
    answer = send(ada, did="not_yet", note="a\x1b")
    assert chosen(Page(answer.text)) == ["not_yet"]
    assert says("field_errors.not_text", what="Your note") in answer.text


def test_who_sends_it_too_early_is_told_from_when_on(ada):
    form = {"form_token": Page(ada.client.get(PATH).text).form["form_token"]}
    early = {**VIEW, "asked_at": "2026-12-01T10:00:00+00:00"}
    ada.registration.answers.update(pledge=early, answer_pledge=fakes.refused("pledge-not-due"))
    answer = ada.client.post(PATH, data={**form, "did": "yes"})
    assert answer.status_code == 409
    assert "From <strong>Tuesday 1 December 2026</strong>" in answer.text


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize(
    ("code", "words"), [("not-found", says("booking.not_yours")), ("no-pledge", says("pledge.none"))]
)
def test_where_there_is_none_the_page_says_so(ada, method, code, words):
    form = {"form_token": Page(ada.client.get(PATH).text).form["form_token"], "did": "yes"}
    ada.registration.answers.update(pledge=fakes.refused(code), answer_pledge=fakes.refused(code))
    answer = ada.client.get(PATH) if method == "get" else ada.client.post(PATH, data=form)
    assert answer.status_code == 404
    assert words in answer.text
    assert "Listen first" not in answer.text


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(words=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\x00"), max_size=60))
@example(words="</textarea><script>alert(1)</script>")
@example(words="\n\n two lines before")
@example(words='" onfocus="alert(1)" autofocus="')
@example(words="{{ 7 * 7 }}{% for %}&lt;&amp;amp;<!--")
def test_what_people_wrote_is_text_and_never_markup(ada, words):
    ada.registration.answers["pledge"] = {**ANSWERED, "pledge": words, "note": words, "title": words}
    text = ada.client.get(PATH).text
    page = Page(text)
    assert Texts(text).found == {"note": words}
    assert [script["src"].partition("?")[0] for script in page.all("script")] == ["/static/headrow.js"]
    assert not any(name.startswith(("on", "autofocus")) for _, attributes in page.elements for name in attributes)


@pytest.mark.parametrize("state", ["new", "answered", "wrong", "early", "none"])
def test_the_page_can_be_used_without_seeing_it(ada, state):
    if state == "wrong":
        ada.registration.answers["answer_pledge"] = fakes.invalid("not-text", "did", "note")
        text = send(ada).text
    else:
        early = {**VIEW, "asked_at": "2027-01-01T00:00:00+00:00"}
        shown = {"new": VIEW, "answered": ANSWERED, "early": early, "none": fakes.refused("no-pledge")}
        ada.registration.answers["pledge"] = shown[state]
        text = ada.client.get(PATH).text
    page = Page(text)
    assert len(page.all("title")) == len(page.all("h1")) == len(page.all("main")) == 1
    labelled = {label["for"] for label in page.all("label")}
    fields = [field for field in page.all("input") if field["type"] != "hidden"] + page.all("textarea")
    assert {field["id"] for field in fields} == labelled
    named = {attributes["id"] for _, attributes in page.elements if "id" in attributes}
    told_of = {word for _, attributes in page.elements for word in (attributes.get("aria-describedby") or "").split()}
    assert told_of <= named
    assert re.search(f"<title>(Error: )?({says('pledge.title')}|{says('pledge.title_of_none')})", text)
