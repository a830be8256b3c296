"""Drafts of the team's messages: over the API and on the pages, where nothing that was typed is ever lost."""

import pytest

from tests.gateway import fakes
from tests.gateway.conftest import API
from tests.gateway.html import Page, links, text_of
from tests.gateway.rows_of_pages import DRAFT_OF_MESSAGE as DRAFT
from tests.gateway.rows_of_pages import MAILING
from tests.sentences import says

ID = DRAFT["id"]
ONE = f"/message-drafts/{ID}"
WRITE = f"/team/sessions/{DRAFT['session']}/write"
LIST = "/team/messages/drafts"
DELETE = f"{LIST}/{ID}/delete"
TYPED = {"to": "all", "subject": "Bring a pen", "body": "Hello\r\n\r\nBring a pen"}
GIVEN = {"to": "all", "subject": "Bring a pen", "body": "Hello\n\nBring a pen"}


@pytest.fixture
def team(world):
    world.notifications.answers.update(
        message_drafts=fakes.page_of(DRAFT), message_draft=DRAFT, begin_message_draft=DRAFT, change_message_draft=DRAFT,
        drop_message_draft=None, write_to_session={**MAILING, "queued": 3}, mailings=fakes.page_of(),
    )  # fmt: skip
    world.registration.answers["session_bookings"] = fakes.page_of()
    world.client.set_cookie("headrow_session", "team-token")
    return world


def press(world, step, opened=WRITE, **typed):
    shown = Page(world.client.get(opened).text).form
    return world.client.post(WRITE, data={**shown, **TYPED, **typed, "step": step})


# Over the API


def test_the_api_begins_reads_saves_and_deletes(team):
    begun = team.ask(
        "POST", "/message-drafts", "team-token", {**GIVEN, "session": DRAFT["session"]}, Idempotency_Key="k"
    )
    assert (begun.status_code, begun.json, begun.headers["Location"]) == (201, DRAFT, f"{API}{ONE}")
    assert team.notifications.last("begin_message_draft")["key"] == "k"
    assert team.get("/message-drafts", "team-token").json["items"] == [DRAFT]
    etag = team.get(ONE, "team-token").headers["ETag"]
    assert begun.headers["ETag"] == etag
    assert team.ask("PUT", ONE, "team-token", GIVEN).status_code == 428
    assert team.ask("PUT", ONE, "team-token", GIVEN, If_Match=etag).status_code == 200
    asked = team.notifications.last("change_message_draft")
    assert (asked["id"], asked["version"], asked["given"]) == (ID, 3, GIVEN)
    assert team.ask("DELETE", ONE, "team-token").status_code == 204
    team.notifications.answers["change_message_draft"] = fakes.refused("stale-version", version=4)
    assert team.ask("PUT", ONE, "team-token", GIVEN, If_Match=etag).status_code == 412


@pytest.mark.parametrize(("code", "status"), [("draft-gone", 409), ("too-many-drafts", 409)])
def test_what_is_in_the_way_has_a_page_that_explains_it(team, code, status):
    team.notifications.answers["begin_message_draft"] = fakes.refused(code, most=100)
    answer = team.ask("POST", "/message-drafts", "team-token", {"session": "x"})
    assert (answer.status_code, answer.json["type"]) == (status, f"/problems/{code}")
    assert team.client.get(f"/problems/{code}").status_code == 200


# Saving


def test_a_new_draft_is_kept_and_opens_in_the_form(team):
    answer = press(team, "draft")
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{WRITE}?draft={ID}&done=draft")
    asked = team.notifications.last("begin_message_draft")
    assert (asked["given"], bool(asked["key"])) == ({**GIVEN, "session": DRAFT["session"]}, True)
    assert not team.notifications.was_asked("write_to_session")
    opened = team.client.get(answer.headers["Location"])
    assert says("drafts.saved") in text_of(opened)
    form = Page(opened.text).form
    assert [form[name] for name in ("draft", "version", "to", "subject")] == [ID, "3", "all", "Bring a pen"]
    assert DELETE in links(opened)


def test_what_is_missing_still_need_not_be_there(team):
    press(team, "draft", to="", body=" ")
    assert team.notifications.last("begin_message_draft")["given"] == {
        **{"subject": "Bring a pen", "session": DRAFT["session"]},
    }


def test_a_draft_for_selected_bookings_stays_for_these_alone(team):
    team.notifications.answers["message_draft"] = {**DRAFT, "references": ["HR-1", "HR-2"]}
    press(team, "draft", f"{WRITE}?draft={ID}")
    asked = team.notifications.last("change_message_draft")
    assert (asked["version"], asked["given"]) == (3, {**GIVEN, "references": ["HR-1", "HR-2"]})
    check = press(team, "check", f"{WRITE}?draft={ID}")
    team.client.post(WRITE, data={**Page(check.text).form, "body": TYPED["body"], "step": "send"})
    assert team.notifications.last("write_to_session")["given"]["references"] == ["HR-1", "HR-2"]


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"subject": "x" * 121}, "subject"),
        ({"body": "x" * 5001}, "body"),
        ({"to": "x"}, "to"),
        ({"subject": " ", "body": ""}, "subject"),
    ],
)
def test_what_cannot_be_kept_stays_in_the_form(team, typed, field):
    answer = press(team, "draft", **typed)
    assert (answer.status_code, f"#{field}" in links(answer)) == (422, True)
    assert not team.notifications.was_asked("begin_message_draft")
    assert (says("drafts.empty") in text_of(answer)) == (typed.get("body") == "")
    if field == "to":
        assert "Bring a pen</textarea>" in answer.text


def test_whoever_saves_second_sees_what_the_first_saved_and_keeps_their_own(team):
    opened = f"{WRITE}?draft={ID}"
    shown = Page(team.client.get(opened).text).form
    theirs = {**DRAFT, "body": "Their words", "version": 4}
    team.notifications.answers.update(
        change_message_draft=fakes.refused("stale-version", version=4), message_draft=theirs
    )
    answer = team.client.post(WRITE, data={**shown, **TYPED, "step": "draft"})
    words = text_of(answer)
    assert answer.status_code == 409
    for sentence in ("drafts.stale", "drafts.meanwhile"):
        assert says(sentence) in words
    assert says("drafts.by", name="Tess") in words
    assert "Their words" in words
    assert "Bring a pen</textarea>" in answer.text
    assert Page(answer.text).form["version"] == "4"  # pressed again, it is meant


def test_a_draft_that_is_gone_leaves_the_text_to_be_kept_as_another(team):
    opened = f"{WRITE}?draft={ID}"
    team.notifications.answers["change_message_draft"] = fakes.refused("not-found")
    answer = press(team, "draft", opened)
    assert (answer.status_code, says("drafts.gone") in text_of(answer)) == (409, True)
    assert "draft" not in Page(answer.text).form
    assert "Bring a pen</textarea>" in answer.text


def test_one_draft_too_many_is_told_with_the_text(team):
    team.notifications.answers["begin_message_draft"] = fakes.refused("too-many-drafts", most=100)
    answer = press(team, "draft")
    assert (answer.status_code, says("drafts.too_many", most=100) in text_of(answer)) == (409, True)
    assert ("Bring a pen</textarea>" in answer.text, LIST in links(answer)) == (True, True)


def test_a_draft_of_another_session_is_not_opened_here(team):
    team.notifications.answers["message_draft"] = {**DRAFT, "session": "another"}
    assert team.client.get(f"{WRITE}?draft={ID}").status_code == 404


# Sending


def test_a_draft_goes_with_the_message_that_it_was(team):
    check = press(team, "check", f"{WRITE}?draft={ID}")
    answer = team.client.post(WRITE, data={**Page(check.text).form, "body": TYPED["body"], "step": "send"})
    assert answer.status_code == 303
    given = team.notifications.last("write_to_session")["given"]
    assert (given["draft"], given["draft_version"]) == (ID, 3)


@pytest.mark.parametrize(("code", "sentence"), [("stale-version", "drafts.stale"), ("draft-gone", "drafts.gone")])
def test_nothing_is_sent_of_a_draft_that_changed_or_went_meanwhile(team, code, sentence):
    team.notifications.answers["write_to_session"] = fakes.refused(code, version=4)
    check = press(team, "check", f"{WRITE}?draft={ID}")
    answer = team.client.post(WRITE, data={**Page(check.text).form, "body": TYPED["body"], "step": "send"})
    assert (answer.status_code, says(sentence) in text_of(answer)) == (409, True)
    assert "Bring a pen</textarea>" in answer.text


# The list


def test_drafts_are_listed_with_who_saved_them_and_lead_to_the_form(team):
    some = {**DRAFT, "references": ["HR-1", "HR-2"], "subject": None}
    elsewhere = {**DRAFT, "session": "not-published"}
    team.notifications.answers["message_drafts"] = fakes.page_of(some, elsewhere)
    answer = team.client.get(LIST)
    words = text_of(answer)
    for sentence in ("drafts.no_subject", "drafts.selected", "drafts.not_published"):
        assert says(sentence) in words
    assert says("drafts.by", name="Tess") in words
    assert (f"{WRITE}?draft={ID}" in links(answer), DELETE in links(answer)) == (True, True)
    assert f"/team/sessions/not-published/write?draft={ID}" not in links(answer)
    team.notifications.answers["message_drafts"] = fakes.page_of()
    assert says("drafts.none") in text_of(team.client.get(LIST))
    assert LIST in links(team.client.get("/team"))


@pytest.mark.parametrize("outcome", [None, fakes.refused("not-found")])
def test_a_draft_is_deleted_once_it_was_asked(team, outcome):
    asked = team.client.get(DELETE)
    assert says("drafts.ask") in text_of(asked)
    assert not team.notifications.was_asked("drop_message_draft")
    team.notifications.answers["drop_message_draft"] = outcome
    answer = team.client.post(DELETE, data=Page(asked.text).form)
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{LIST}?done=deleted")
    assert says("drafts.deleted") in text_of(team.client.get(answer.headers["Location"]))
