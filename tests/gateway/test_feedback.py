"""Feedback through the gateway: the API, and the form that people fill in."""

import json
import re
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from services.registration.schemas import FeedbackGiven
from tests.examples import examples
from tests.gateway import fakes
from tests.gateway.conftest import API
from tests.gateway.forms import Texts, chosen
from tests.gateway.html import Page
from tests.sentences import says

pytestmark = pytest.mark.patient

REFERENCE = "K3M9Q-XW2TB"
PATH = f"/bookings/{REFERENCE}/feedback"
SAID = {"useful": 4, "differently": "Ask first.\nThen listen.", "next": None}
VIEW = {
    "reference": REFERENCE,
    "session": "maxims-in-practice",
    **SAID,
    "given_at": "2027-02-12T09:00:00+00:00",
    "changed_at": None,
    "version": 1,
}
TITLE = "Myron’s Maxims in practice"
FORM = {"reference": REFERENCE, "title": TITLE, "pledge_asked_at": "2027-03-25T15:30:00+00:00", "given": None}
PLEDGES = {"pledged": 3, "answers": "<3", "did": None}
READ = {
    "answers": 3,
    "useful": {"mean": 3.67, "counts": {"1": 0, "2": 1, "3": 0, "4": 1, "5": 1}},
    "pledges": PLEDGES,
    "items": [{"next": "More on trust", "given_on": "2027-02-12"}],
    "next": None,
}
HIDDEN = {"answers": "<3", "useful": None, "pledges": None, "items": [], "next": None}
WRITTEN = {"differently": "<b>Ask</b> & listen", "next": "“More”"}


@pytest.fixture
def ada(world):
    """The gateway, seen by somebody who is signed in and had a place in a session that is over."""
    world.registration.answers.update(feedback_form=FORM, give_feedback=VIEW)
    world.client.set_cookie("headrow_session", "person-token")
    return world


def send(world, path=PATH, **said):
    form = Page(world.client.get(PATH).text).form
    return world.client.post(path, data={"form_token": form["form_token"], **said})


# The API


def test_what_is_sent_reaches_registration_and_comes_back(world):
    world.registration.answers["give_feedback"] = fakes.FakeAnswer(VIEW, replayed=True)
    answer = world.ask("POST", PATH, "person-token", SAID, Idempotency_Key="k")
    assert (answer.status_code, answer.json, answer.headers["ETag"]) == (200, VIEW, '"1"')
    assert answer.headers["Idempotent-Replayed"] == "true"
    asked = world.registration.last("give_feedback")
    assert (asked["reference"], asked["given"], asked["key"]) == (REFERENCE, SAID, "k")


def test_one_reads_one_s_own(world):
    world.registration.answers["feedback"] = VIEW
    answer = world.get(PATH, "person-token")
    assert (answer.status_code, answer.json) == (200, VIEW)
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert world.get(PATH, "person-token", If_None_Match=answer.headers["ETag"]).status_code == 304
    world.registration.answers["feedback"] = fakes.refused("not-found")
    assert world.get(PATH, "person-token").status_code == 404


def test_a_closed_form_is_a_problem_with_a_page(world):
    world.registration.answers["give_feedback"] = fakes.refused("feedback-not-open", state="absent")
    answer = world.ask("POST", PATH, "person-token", SAID)
    assert (answer.status_code, answer.json["type"]) == (409, "/problems/feedback-not-open")
    assert "60 days" in world.client.get("/problems/feedback-not-open").text


@pytest.mark.parametrize("read", [READ, HIDDEN])
def test_the_team_reads_all_in_the_shape_that_is_described(world, read):
    world.registration.answers["session_feedback"] = read
    answer = world.get("/sessions/maxims-in-practice/feedback?limit=5&cursor=xyz", "team-token")
    assert (answer.status_code, answer.json) == (200, read)
    asked = world.registration.last("session_feedback")
    assert (asked["slug"], asked["limit"], asked["cursor"]) == ("maxims-in-practice", 5, "xyz")
    document = json.loads(world.get("/openapi.json").text)
    described = document["paths"][f"{API}/sessions/{{slug}}/feedback"]["get"]["responses"]["200"]
    schema = {**described["content"]["application/json"]["schema"], "components": document["components"]}
    assert list(Draft202012Validator(schema).iter_errors(answer.json)) == []
    for wrong in (2, "3", None):
        assert list(Draft202012Validator(schema).iter_errors({**read, "answers": wrong}))
        assert list(Draft202012Validator(schema).iter_errors({**read, "pledges": {**PLEDGES, "pledged": wrong}}))


def test_no_pledge_is_among_what_the_team_is_told_of(world):
    document = json.loads(world.get("/openapi.json").text)
    described = document["paths"][f"{API}/sessions/{{slug}}/feedback"]["get"]["responses"]["200"]
    name = described["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
    said = document["components"]["schemas"][name]["properties"]["items"]["items"]["$ref"].rpartition("/")[2]
    assert set(document["components"]["schemas"][said]["properties"]) == {"next", "given_on"}


# The form


def test_the_form_says_who_reads_what_before_anybody_writes(ada):
    text = ada.client.get(PATH).text
    assert says("feedback.only_you_read") in text
    assert says("pledge.to_yourself") in text
    assert text.count(says("feedback.no_names")) == 1
    ada.now = datetime.fromisoformat(FORM["pledge_asked_at"])
    assert says("pledge.will_email") not in ada.client.get(PATH).text, (
        "nobody is reminded of what comes after six weeks"
    )


@pytest.mark.parametrize(("after", "reminded"), [(timedelta(seconds=-1), True), (timedelta(0), False)])
def test_the_thanks_lead_to_the_pledge_and_say_whether_there_will_be_a_reminder(ada, after, reminded):
    ada.registration.answers["feedback_form"] = {**FORM, "given": VIEW}
    ada.now = datetime.fromisoformat(FORM["pledge_asked_at"]) + after
    text = ada.client.get(f"{PATH}?sent=yes").text
    assert f'<a href="/bookings/{REFERENCE}/pledge">{says("pledge.see")}</a>' in text
    assert (says("pledge.will_email_in_six_weeks") in text) == reminded
    ada.registration.answers["feedback_form"] = {**FORM, "given": {**VIEW, "differently": None}}
    assert "pledge" not in ada.client.get(f"{PATH}?sent=yes").text


def test_the_form_asks_three_questions(ada):
    answer = ada.client.get(PATH)
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "private, no-store")
    page = Page(answer.text)
    radios = [field for field in page.all("input") if field["type"] == "radio"]
    assert [(field["name"], field["value"]) for field in radios] == [("useful", str(n)) for n in range(1, 6)]
    assert chosen(page) == []
    assert Texts(answer.text).found == {"differently": "", "next": ""}
    for words in (says("feedback.how_useful"), says("feedback.what_differently"), says("feedback.what_next")):
        assert words in answer.text
    assert "Myron’s Maxims in practice" in answer.text


def test_what_is_filled_in_reaches_registration_as_it_was_written(ada):
    answer = send(ada, useful="4", differently="Ask first.\r\nThen listen.", next="  \r\n")
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{PATH}?sent=yes")
    assert answer.headers["Cache-Control"] == "private, no-store"
    asked = ada.registration.last("give_feedback")
    assert (asked["reference"], asked["given"]) == (REFERENCE, SAID)
    assert fakes.roles_of(asked["caller"]) == ["person"]


def test_whoever_sent_it_is_thanked_and_can_change_it(ada):
    ada.registration.answers["feedback_form"] = {**FORM, "given": VIEW}
    text = ada.client.get(f"{PATH}?sent=yes").text
    assert re.search(rf'<h1 class="nhsuk-panel__heading">\s*{says("pages.thanks")}', text)
    assert f'<a href="{PATH}">{says("feedback.change_what_you_said")}</a>' in text
    again = ada.client.get(PATH).text
    assert says("feedback.told_already") in again
    assert chosen(Page(again)) == ["4"]
    assert Texts(again).found == {"differently": "Ask first.\nThen listen.", "next": ""}


def test_nobody_is_thanked_for_what_they_did_not_send(ada):
    assert says("pages.thanks") not in ada.client.get(f"{PATH}?sent=yes").text


@pytest.mark.parametrize("useful", ["", "0", "6", "five", "\uff15", "4 ", "-1", "9" * 400])
def test_without_a_number_that_there_is_none_is_sent(ada, useful):
    ada.registration.answers["give_feedback"] = fakes.checked(FeedbackGiven(), VIEW)
    answer = send(ada, useful=useful, **WRITTEN)
    assert answer.status_code == 422
    assert "useful" not in ada.registration.last("give_feedback")["given"]
    page = Page(answer.text)
    assert answer.text.count(says("feedback.choose_how_useful")) == 2
    assert chosen(page) == []
    assert Texts(answer.text).found == WRITTEN, "nothing that was written is lost"


def test_all_that_is_wrong_is_told_at_once_in_the_order_of_the_form(ada):
    ada.registration.answers["give_feedback"] = fakes.checked(FeedbackGiven(), VIEW)
    answer = send(ada, differently="ü" * 1201, next="a\x1b")
    page = Page(answer.text)
    links = [link["href"] for link in page.all("a") if (link["href"] or "").startswith("#") and link["href"] != "#main"]
    assert links == ["#useful", "#differently", "#next"]
    fields = {attributes.get("id"): tag for tag, attributes in page.elements if "id" in attributes}
    assert [fields[link[1:]] for link in links] == ["input", "textarea", "textarea"]
    assert (
        says("field_errors.too_long_text", what=f"“{says('feedback.what_differently')}”", most=1000, written=1201)
        in answer.text
    )
    assert f"<title>Error: {says('feedback.title')}" in answer.text
    for area in page.all("textarea"):
        assert area["aria-invalid"] == "true"
        assert area["aria-describedby"] == f"{area['name']}-hint {area['name']}-error"
    assert [field["aria-describedby"] for field in page.all("fieldset")] == ["useful-error"]


def test_what_was_chosen_stays_chosen_where_a_text_is_wrong(ada):
    ada.registration.answers["give_feedback"] = fakes.checked(FeedbackGiven(), VIEW)
    answer = send(ada, useful="2", differently="", next="a" * 1001)
    assert chosen(Page(answer.text)) == ["2"]
    assert Texts(answer.text).found["next"] == "a" * 1001


def test_pages_take_a_browser_s_line_break_as_one_character(ada):
    send(ada, useful="5", next="a\r\n" * 400)
    assert len(ada.registration.last("give_feedback")["given"]["next"]) == 800


@settings(max_examples=examples(80), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(words=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\x00"), max_size=60))
@example(words="</textarea><script>alert(1)</script>")
@example(words="\n\n two lines before")
@example(words='" onfocus="alert(1)" autofocus="')
@example(words="{{ 7 * 7 }}{% for %}&lt;&amp;amp;<!--")
def test_what_people_wrote_is_text_and_never_markup(ada, words):
    ada.registration.answers["give_feedback"] = fakes.checked(FeedbackGiven(), VIEW)
    refused = send(ada, differently=words, next=words).text
    ada.registration.answers["feedback_form"] = {**FORM, "given": {**VIEW, "differently": words, "next": words}}
    before = ada.client.get(PATH).text
    ada.registration.answers["feedback_form"] = {**FORM, "title": words}
    for text, titled in ((refused, False), (before, False), (ada.client.get(PATH).text, True)):
        page = Page(text)
        assert Texts(text).found == dict.fromkeys(("differently", "next"), "" if titled else words)
        assert [script["src"].partition("?")[0] for script in page.all("script")] == ["/static/headrow.js"]
        assert len(page.all("textarea")) == 2
        assert not any(name.startswith(("on", "autofocus")) for _, attributes in page.elements for name in attributes)


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize(
    ("code", "status", "words"),
    [("feedback-not-open", 409, "Refused: feedback-not-open."), ("not-found", 404, says("booking.not_yours"))],
)
def test_where_there_is_no_form_the_page_says_why(ada, method, code, status, words):
    form = {"form_token": Page(ada.client.get(PATH).text).form["form_token"]}
    ada.registration.answers.update(feedback_form=fakes.refused(code), give_feedback=fakes.refused(code))
    answer = ada.client.get(PATH) if method == "get" else ada.client.post(PATH, data=form)
    assert answer.status_code == status
    assert words in answer.text
    assert "Asha" in answer.text, "who is signed in is told so"
    assert not Page(answer.text).all("textarea")


def test_a_form_that_is_wrong_and_closed_says_that_it_is_closed(ada):
    form = {"form_token": Page(ada.client.get(PATH).text).form["form_token"]}
    ada.registration.answers.update(
        feedback_form=fakes.refused("feedback-not-open"), give_feedback=fakes.invalid("missing", "useful")
    )
    assert ada.client.post(PATH, data=form).status_code == 409


@pytest.mark.parametrize("state", ["empty", "wrong", "thanks", "closed", "signed out"])
def test_the_pages_can_be_used_without_seeing_them(ada, state):
    if state == "wrong":
        ada.registration.answers["give_feedback"] = fakes.invalid("not-text", "useful", "differently", "next")
        text = send(ada).text
    else:
        if state == "thanks":
            ada.registration.answers["feedback_form"] = {**FORM, "given": VIEW}
        if state == "closed":
            ada.registration.answers["feedback_form"] = fakes.refused("feedback-not-open")
        if state == "signed out":
            ada.registration.answers["who"] = fakes.refused("not-signed-in")
        text = ada.client.get(f"{PATH}?sent=yes").text
    page = Page(text)
    assert len(page.all("title")) == len(page.all("h1")) == len(page.all("main")) == 1
    labelled = {label["for"] for label in page.all("label")}
    fields = [field for field in page.all("input") if field["type"] != "hidden"] + page.all("textarea")
    assert {field["id"] for field in fields} == labelled
    named = {attributes["id"] for _, attributes in page.elements if "id" in attributes}
    told_of = {word for _, attributes in page.elements for word in (attributes.get("aria-describedby") or "").split()}
    assert told_of <= named
    levels = [int(tag[1]) for tag, _ in page.elements if re.fullmatch("h[1-6]", tag)]
    assert all(below - level <= 1 for level, below in pairwise(levels))
    assert [script["src"].partition("?")[0] for script in page.all("script")] == ["/static/headrow.js"]
