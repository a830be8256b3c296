"""Every message, for the team: through the API, and on pages where it is found, read and sent again."""

import json

import pytest
from jsonschema import Draft202012Validator

from gateway.features.messages import team as pages
from services.notifications.message_types import MESSAGE_TYPES
from services.notifications.schemas import MESSAGE_STATES
from tests.gateway import fakes
from tests.gateway.conftest import API
from tests.gateway.html import Page
from tests.sentences import says

ID = "5d0c7a1e-2b64-4f0e-9c1d-7e8f9a0b1c20"
NEW = "5d0c7a1e-2b64-4f0e-9c1d-7e8f9a0b1c21"
TOM = "6f1f9a52-7a35-4a2f-9d2a-0c3b8f0e6c01"
AT = "2026-11-23T09:00:00+00:00"
LINES = (
    "/team/messages",
    f"/team/messages/{ID}",
    "/team/messages/previews",
    "/team/messages/previews/thanks",
    "/team/messages/previews/thanks/html",
)


def message(**changed):
    return {
        "id": ID,
        "template": "booking_confirmed",
        "person": TOM,
        "name": "Zoë Okafor",
        "email": "zoe@example.org",
        "session": "maxims-in-practice",
        "booking": "HR-7K2M9Q",
        "subject": "Your place is booked: Maxims",
        "state": "sent",
        "reason": None,
        "error": None,
        "queued_at": AT,
        "due_at": None,
        "finished_at": AT,
        "attempts": 1,
        "resend_of": None,
        "resent_by": None,
        **changed,
    }


def in_full(**changed):
    whole = {"resent_by_name": None, "plain": "Hello Zoë,\n\n<b>Your</b> place", "html": "<p>Hello</p>", "repeats": []}
    return {**message(), **whole, **changed}


@pytest.fixture
def team(world):
    """The gateway, seen by somebody of the team, with one message that was sent."""
    html = "<style>p{}</style><p>Hi</p>"
    world.notifications.answers.update(
        messages_page={"items": [message()], "next": None},
        message=in_full(),
        resend=message(id=NEW, state="queued", resend_of=ID, resent_by=TOM),
        previews={"items": [{"template": name, "subject": f"About {name}"} for name in MESSAGE_TYPES]},
        own_texts={"items": []},
        preview={"template": "thanks", "subject": "Thank you", "plain": "Hello <you>", "html": html},
    )
    world.client.set_cookie("__Host-headrow_session", "team-token")
    return world


def have(world, **changed):
    world.notifications.answers["messages_page"] = {"items": [message(**changed)], "next": None}
    world.notifications.answers["message"] = in_full(**changed)


def press(world, path=f"/team/messages/{ID}"):
    """Press the button on the page of a message."""
    form = {"form_token": Page(world.client.get(path).text).form["form_token"]}
    return world.client.post(f"{path}/resend", data=form)


# The API


def test_the_list_hands_on_its_filters_and_comes_in_the_shape_that_is_described(team):
    answer = team.get("/messages?person=zoe@example.org&state=failed&q=a%20b&limit=5&cursor=x", "team-token")
    assert (answer.status_code, answer.json) == (200, {"items": [message()], "next": None})
    asked = team.notifications.last("messages_page")
    assert asked["wanted"] == {"person": "zoe@example.org", "state": "failed", "q": "a b"}
    assert (asked["limit"], asked["cursor"], asked["caller"]["roles"]) == (5, "x", ["person", "team"])
    document = json.loads(team.get("/openapi.json").text)
    for path, seen in ((f"{API}/messages", answer.json), (f"{API}/messages/{{id}}", in_full())):
        described = document["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
        schema = {**described, "components": document["components"]}
        assert list(Draft202012Validator(schema).iter_errors(seen)) == []
    states = next(p for p in document["paths"][f"{API}/messages"]["get"]["parameters"] if p["name"] == "state")
    assert states["schema"]["enum"] == list(MESSAGE_STATES)


def test_one_message_has_a_tag(team):
    answer = team.get(f"/messages/{ID}", "team-token")
    assert (answer.status_code, answer.json) == (200, in_full())
    assert team.get(f"/messages/{ID}", "team-token", If_None_Match=answer.headers["ETag"]).status_code == 304


def test_sending_again_makes_a_message_and_says_where_it_is(team):
    answer = team.ask("POST", f"/messages/{ID}/resend", "team-token", {}, Idempotency_Key="k")
    assert (answer.status_code, answer.json["resend_of"]) == (201, ID)
    assert answer.headers["Location"] == f"{API}/messages/{NEW}"
    asked = team.notifications.last("resend")
    assert (asked["id"], asked["key"], asked["caller"]["id"]) == (ID, "k", TOM)


@pytest.mark.parametrize("code", ["message-out-of-date", "message-not-repeatable", "message-waiting"])
def test_what_is_not_sent_again_is_a_problem_with_a_page(team, code):
    team.notifications.answers["resend"] = fakes.refused(code, message=ID)
    answer = team.ask("POST", f"/messages/{ID}/resend", "team-token", {})
    assert (answer.status_code, answer.json["type"], answer.json["message"]) == (409, f"/problems/{code}", ID)
    assert team.client.get(f"/problems/{code}").status_code == 200


# Who may look


def test_the_team_finds_the_page_from_every_other_and_nobody_else_does(team):
    assert "/team/messages" in team.client.get("/team").text
    team.client.set_cookie("__Host-headrow_session", "person-token")
    assert "/team" not in team.client.get("/").text


# The list


def test_the_search_is_in_the_address_and_stays_in_the_form(team):
    answer = team.client.get("/team/messages?person=+zoe%40example.org&session=maxims-in-practice&state=&cursor=x")
    asked = team.notifications.last("messages_page")
    assert asked["wanted"] == {"person": "zoe@example.org", "session": "maxims-in-practice"}
    assert asked["cursor"] == "x"
    page = Page(answer.text)
    assert page.form["person"] == "zoe@example.org"
    assert [one["value"] for one in page.all("option") if "selected" in one] == ["maxims-in-practice"]


def test_what_is_wrong_is_told_at_the_field(team):
    team.notifications.answers["messages_page"] = fakes.invalid("not-a-person", "person")
    answer = team.client.get("/team/messages?person=zoe")
    assert answer.status_code == 422
    page = Page(answer.text)
    assert "#person" in [link["href"] for link in page.all("a")]
    assert answer.text.count(says("field_errors.email_like")) == 2, "in the summary, and at the field"
    assert "<title>Error: " in answer.text


def test_earlier_messages_keep_the_search(team):
    team.notifications.answers["messages_page"] = {"items": [message()], "next": "WzFd"}
    text = team.client.get("/team/messages?state=failed").text
    assert f'<a href="/team/messages?state=failed&amp;cursor=WzFd">{says("messages.earlier")}</a>' in text
    further = team.client.get("/team/messages?state=failed&cursor=WzFd").text
    assert f'<a href="/team/messages?state=failed">{says("messages.latest")}</a>' in further


def test_nothing_found_is_said(team):
    team.notifications.answers["messages_page"] = {"items": [], "next": None}
    assert says("pages.nothing_written") in team.client.get("/team/messages").text
    assert says("messages.none_fits") in team.client.get("/team/messages?state=failed").text


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({}, says("messages.sent")),
        ({"state": "delivered"}, says("messages.arrived")),
        ({"state": "failed", "reason": "refused"}, says("messages.refused")),
        ({"state": "failed", "reason": "something new"}, says("messages.failed")),
        ({"state": "bounced", "reason": None}, says("messages.came_back")),
        ({"state": "queued", "due_at": AT}, says("messages.waiting")),
        (
            {"state": "queued", "due_at": "2026-11-24T07:00:00+00:00", "attempts": 0},
            says("messages.waiting_until", when="Tuesday 24 November 2026, 7am"),
        ),
        (
            {"state": "queued", "due_at": "2026-11-23T19:00:00+00:00", "attempts": 0},
            says("messages.waiting_until", when="7pm"),
        ),
        (
            {"state": "queued", "due_at": "2026-11-23T10:05:00+00:00", "attempts": 2},
            says("messages.waiting_until_next_try", when="10:05am"),
        ),
    ],
)
def test_the_state_is_told_in_words(team, changed, words):
    have(team, **changed)
    assert f">{words}</strong>" in team.client.get("/team/messages").text
    assert f">{words}" in team.client.get(f"/team/messages/{ID}").text


def test_every_state_and_kind_has_words():
    assert set(pages.STATES) == set(MESSAGE_STATES)
    assert set(pages.KINDS) == set(MESSAGE_TYPES)
    assert pages.kind("of_tomorrow") == "Of tomorrow"


def test_what_is_left_of_somebody_who_was_erased_can_be_shown(team):
    nobody = {"person": None, "name": None, "email": None, "subject": None, "booking": None, "plain": None}
    have(team, **nobody, session=None)
    assert says("messages.to_somebody_erased") in team.client.get("/team/messages").text
    text = team.client.get(f"/team/messages/{ID}").text
    assert says("messages.text_not_kept") in text
    assert says("messages.send_again") not in text


# One message


def test_a_message_shows_what_it_says_as_text(team):
    text = team.client.get(f"/team/messages/{ID}").text
    assert "Hello Zoë,\n\n&lt;b&gt;Your&lt;/b&gt; place</pre>" in text
    assert '<a href="/team/sessions/maxims-in-practice">' in text
    assert '<a href="/team/messages?person=zoe%40example.org">' in text


def test_a_code_is_not_shown_and_cannot_be_sent_again(team):
    have(team, template="sign_in", person=None, plain=None, html=None)
    text = team.client.get(f"/team/messages/{ID}").text
    assert says("messages.for_one_only") in text
    assert says("messages.send_again") not in text


def test_the_button_sends_it_again_in_one_s_own_name_and_says_so(team):
    answer = press(team)
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/team/messages/{ID}?again=yes")
    asked = team.notifications.last("resend")
    assert (asked["id"], asked["caller"]["id"]) == (ID, TOM)
    repeats = [{"id": NEW, "state": "queued", "queued_at": AT, "resent_by": TOM, "resent_by_name": "Tom"}]
    have(team, repeats=repeats)
    text = team.client.get(f"/team/messages/{ID}?again=yes").text
    assert "nhsuk-notification-banner--success" in text
    assert says("messages.goes_out_again") in text
    assert (
        f'<a href="/team/messages/{NEW}">Monday 23 November 2026, 9am</a> {says("messages.sent_again_by", who="Tom")}'
        in text
    )


def test_pressing_it_twice_is_once(team):
    team.notifications.answers["resend"] = fakes.refused("message-waiting", message=NEW)
    assert press(team).headers["Location"] == f"/team/messages/{ID}?again=already"
    assert says("messages.goes_out_once") in team.client.get(f"/team/messages/{ID}?again=already").text


def test_why_it_is_not_sent_again_is_told_where_the_button_is(team):
    team.notifications.answers["resend"] = fakes.refused("message-out-of-date")
    answer = press(team)
    assert answer.status_code == 409
    assert says("messages.not_sent_again") in answer.text
    assert "Refused: message-out-of-date." in answer.text


def test_a_message_that_is_not_there_is_not_found(team):
    team.notifications.answers["message"] = fakes.refused("not-found")
    assert team.client.get(f"/team/messages/{ID}").status_code == 404


# What people read


def test_every_kind_is_named_and_led_to(team):
    text = team.client.get("/team/messages/previews").text
    links = [link["href"] for link in Page(text).all("a")]
    for template, name in pages.KINDS.items():
        assert f"/team/messages/previews/{template}" in links
        assert name in text
        assert f"About {template}" in text


def test_an_example_is_shown_as_text_and_in_a_frame_that_can_do_nothing(team):
    answer = team.client.get("/team/messages/previews/thanks")
    assert "Hello &lt;you&gt;</pre>" in answer.text
    (frame,) = Page(answer.text).all("iframe")
    assert (frame["src"], "sandbox" in frame, frame["sandbox"]) == ("/team/messages/previews/thanks/html", True, None)
    policy = answer.headers["Content-Security-Policy"]
    assert policy.split("; ", 2)[:-1] == ["default-src 'none'", "style-src 'self'"]
    assert policy.endswith("frame-src 'self'")
    framed = team.client.get(frame["src"])
    assert framed.text == "<style>p{}</style><p>Hi</p>"
    rules = set(framed.headers["Content-Security-Policy"].split("; "))
    assert {"default-src 'none'", "style-src 'unsafe-inline'", "sandbox", "frame-ancestors 'self'"} <= rules
    assert framed.headers["X-Frame-Options"] == "SAMEORIGIN"


def test_no_other_page_may_hold_a_frame_or_be_in_one(team):
    for path in LINES[:3]:
        answer = team.client.get(path)
        assert "frame-src" not in answer.headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["X-Frame-Options"] == "DENY"


def test_an_example_of_nothing_is_not_found(team):
    team.notifications.answers["preview"] = fakes.refused("not-found")
    for path in ("/team/messages/previews/poem", "/team/messages/previews/poem/html"):
        assert team.client.get(path).status_code == 404
