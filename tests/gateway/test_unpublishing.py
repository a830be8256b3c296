"""A session is made a draft again, and a speaker is deleted: over the API, and on the team's pages."""

import pytest

from services.catalogue import schemas
from tests.gateway import catalogue, fakes
from tests.gateway.shown_page import Shown

pytestmark = pytest.mark.patient
PATH = "/sessions/maxims-in-practice"
SPEAKER = "/speakers/myron-rogers"
DRAFT = {**catalogue.session(status="draft"), "materials": []}


@pytest.fixture
def team(world):
    world.catalogue.answers.update(
        session={**catalogue.session(), "materials": []},
        speaker=catalogue.speaker(),
        unpublish_session=fakes.checked(schemas.Unpublication(), DRAFT),
        delete_speaker=None,
    )
    world.registration.answers["withdraw_session"] = {"withdrawn": True}
    return world


def test_registration_is_asked_before_the_catalogue_which_is_told_what_it_said(team):
    answer = team.ask("POST", f"{PATH}/unpublish", "team-token")
    assert (answer.status_code, answer.json["status"]) == (200, "draft")
    assert answer.headers["ETag"]
    assert team.catalogue.last("unpublish_session")["given"] == {"withdrawn": True}


@pytest.mark.parametrize("code", ["has-bookings", "has-facilitators", "session-cancelled"])
def test_what_registration_refuses_does_not_reach_the_catalogue(team, code):
    team.registration.answers["withdraw_session"] = fakes.refused(code)
    answer = team.ask("POST", f"{PATH}/unpublish", "team-token")
    assert (answer.status_code, answer.json["type"]) == (409, f"/problems/{code}")
    assert not team.catalogue.was_asked("unpublish_session")


@pytest.mark.parametrize("token", [None, "person-token", "facilitator-token"])
def test_only_the_team_unpublishes_and_deletes_speakers(team, token):
    for method, path in (("POST", f"{PATH}/unpublish"), ("DELETE", SPEAKER)):
        assert team.ask(method, path, token).status_code in {401, 403}


def test_a_speaker_is_deleted_over_the_api(team):
    assert team.ask("DELETE", SPEAKER, "team-token").status_code == 204
    assert team.catalogue.last("delete_speaker")["slug"] == "myron-rogers"


def test_the_api_says_which_sessions_name_a_speaker(team):
    named = [{"slug": "talk", "title": "A talk"}]
    team.catalogue.answers["delete_speaker"] = fakes.refused("speaker-named", sessions=named)
    answer = team.ask("DELETE", SPEAKER, "team-token")
    assert (answer.status_code, answer.json["type"], answer.json["sessions"]) == (
        409,
        "/problems/speaker-named",
        named,
    )


# Pages


@pytest.fixture
def page(team):
    team.client.set_cookie("__Host-headrow_session", "team-token")
    return team


def fields_of(answer):
    return Shown(answer.text).forms[None]


def test_a_session_is_unpublished_once_the_page_has_asked(page):
    form = fields_of(page.client.get(f"/team{PATH}/unpublish"))
    assert not page.registration.was_asked("withdraw_session")
    assert page.client.post(f"/team{PATH}/unpublish", data=form).status_code == 303
    assert page.catalogue.was_asked("unpublish_session")


@pytest.mark.parametrize("code", ["has-bookings", "has-facilitators", "session-cancelled"])
def test_the_page_says_what_is_in_the_way(page, code):
    form = fields_of(page.client.get(f"/team{PATH}/unpublish"))
    page.registration.answers["withdraw_session"] = fakes.refused(code)
    assert page.client.post(f"/team{PATH}/unpublish", data=form).status_code == 409


@pytest.mark.parametrize(("status", "answered"), [("draft", 303), ("cancelled", 409)])
def test_what_is_not_published_is_not_asked_about(page, status, answered):
    session = catalogue.session(status=status, cancel_reason="Ill" if status == "cancelled" else None)
    page.catalogue.answers["session"] = {**session, "materials": []}
    assert page.client.get(f"/team{PATH}/unpublish").status_code == answered


def test_a_speaker_is_deleted_once_the_page_has_asked(page):
    form = fields_of(page.client.get(f"/team{SPEAKER}/delete"))
    assert not page.catalogue.was_asked("delete_speaker")
    assert page.client.post(f"/team{SPEAKER}/delete", data=form).status_code == 303
    page.catalogue.answers["delete_speaker"] = fakes.refused("not-found")
    assert page.client.post(f"/team{SPEAKER}/delete", data=form).status_code == 303, "the button was pressed twice"


def test_the_page_leads_to_the_sessions_that_name_a_speaker(page):
    form = fields_of(page.client.get(f"/team{SPEAKER}/delete"))
    named = [{"slug": "talk", "title": "A talk"}]
    page.catalogue.answers["delete_speaker"] = fakes.refused("speaker-named", sessions=named)
    answer = page.client.post(f"/team{SPEAKER}/delete", data=form)
    assert answer.status_code == 409
    assert 'href="/team/sessions/talk"' in answer.text
