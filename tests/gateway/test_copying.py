"""Copies of a session, and drafts that are deleted: over the API, and on the team's pages."""

import pytest

from services.catalogue import schemas
from services.runtime.schemas import load
from tests.gateway import catalogue, fakes
from tests.gateway.shown_page import Shown

pytestmark = pytest.mark.patient
PATH = "/sessions/maxims-in-practice"
NEW = {
    name: catalogue.session()[name]
    for name in ("title", "programme", "summary", "topics", "delivery", "venue", "join_url", "meetings", "held_places",
                 "booking_opens_at", "places_in_room", "places_online", "waiting_list", "travel_minutes")
}  # fmt: skip


def a_copy(slug="maxims-in-practice-2", **changes):
    return catalogue.session(slug, status="draft", **changes)


@pytest.fixture
def team(world):
    world.catalogue.answers.update(
        session={**catalogue.session(), "materials": []},
        plan_copies=fakes.checked(schemas.Copying(), {"items": [NEW, NEW]}),
        copy_session=fakes.checked(schemas.Copying(), {"items": [a_copy(), a_copy("maxims-in-practice-3")]}),
        delete_session=None,
    )
    world.registration.answers.update(copy_to_drafts=None, forget_draft=None)
    return world


def copy(team, given, token="team-token", query=""):
    return team.ask("POST", f"{PATH}/copy{query}", token, given)


def test_copies_are_answered_as_a_list_of_drafts(team):
    answer = copy(team, {"dates": ["2027-04-01", "2027-05-01"]})
    assert answer.status_code == 201
    assert [(one["slug"], one["status"]) for one in answer.json["items"]] == [
        ("maxims-in-practice-2", "draft"),
        ("maxims-in-practice-3", "draft"),
    ]


def test_a_dry_run_of_copies_makes_nothing(team):
    answer = copy(team, {"days": 7}, query="?dry_run=true")
    assert (answer.status_code, len(answer.json["plan"])) == (200, 2)
    assert not team.catalogue.was_asked("copy_session")


def test_a_draft_is_deleted_over_the_api(team):
    assert team.ask("DELETE", PATH, "team-token").status_code == 204
    assert team.catalogue.last("delete_session")["slug"] == "maxims-in-practice"


def test_a_draft_that_was_deleted_while_registration_was_away_is_forgotten_when_it_is_deleted_again(team):
    team.catalogue.answers["delete_session"] = fakes.refused("not-found")
    assert team.ask("DELETE", PATH, "team-token").status_code == 404
    assert team.registration.last("forget_draft")["slug"] == "maxims-in-practice"


def test_what_is_no_draft_is_not_deleted_over_the_api(team):
    team.catalogue.answers["delete_session"] = fakes.refused("session-not-draft")
    answer = team.ask("DELETE", PATH, "team-token")
    assert (answer.status_code, answer.json["type"]) == (409, "/problems/session-not-draft")


@pytest.mark.parametrize("token", [None, "person-token"])
def test_only_the_team_copies_and_deletes(team, token):
    refused = {copy(team, {"days": 7}, token).status_code, team.ask("DELETE", PATH, token).status_code}
    assert refused <= {401, 403}


# Pages


@pytest.fixture
def page(team):
    team.client.set_cookie("__Host-headrow_session", "team-token")
    return team


def fields_of(answer):
    return Shown(answer.text).forms[None]


def fields(page, **changes):
    """What a browser sends of the form, filled in so."""
    return {**fields_of(page.client.get(f"/team{PATH}/copy")), **changes}


def test_the_page_shows_what_would_be_made_before_it_makes_it(page):
    filled = {"how": "dates", "dates": "Thursday 1 April 2027\r\n\r\n1/5/27\n2027-06-01"}
    answer = page.client.post(f"/team{PATH}/copy", data=fields(page, **filled))
    assert answer.status_code == 200
    assert page.catalogue.last("plan_copies")["given"]["dates"] == ["2027-04-01", "2027-05-01", "2027-06-01"]
    assert not page.catalogue.was_asked("copy_session")
    checked = fields_of(answer)
    made = page.client.post(f"/team{PATH}/copy", data={**checked, "do": "make"})
    assert made.status_code == 303
    assert page.catalogue.last("copy_session")["given"] == page.catalogue.last("plan_copies")["given"]


@pytest.mark.parametrize(("how", "days"), [("days", 3), ("weeks", 21)])
def test_a_copy_some_time_later_takes_days_or_weeks(page, how, days):
    page.client.post(f"/team{PATH}/copy", data=fields(page, how=how, days="3"))
    assert page.catalogue.last("plan_copies")["given"]["days"] == days


def test_a_box_that_is_not_ticked_is_not_copied(page):
    filled = fields(page, how="days", days="3")
    del filled["part-speakers"]
    page.client.post(f"/team{PATH}/copy", data=filled)
    given = page.catalogue.last("plan_copies")["given"]
    assert (set(given["parts"]), given["leave_out"]) == ({*schemas.PARTS} - {"emails"}, ["speakers"])


def test_registration_gives_the_drafts_what_it_keeps_of_the_session_as_far_as_that_is_chosen(team):
    copy(team, {"starts_on": "2027-04-01"})
    given = {"copies": ["maxims-in-practice-2", "maxims-in-practice-3"], "parts": ["facilitators", "questions"]}
    assert team.registration.last("copy_to_drafts")["given"] == given
    copy(team, {"starts_on": "2027-04-02", "parts": ["questions"]})
    assert team.registration.last("copy_to_drafts")["given"]["parts"] == ["questions"]


def test_what_registration_keeps_of_a_draft_goes_with_it(team):
    team.ask("DELETE", PATH, "team-token")
    assert team.registration.last("forget_draft")["slug"] == "maxims-in-practice"


@pytest.mark.parametrize(
    ("filled", "field"),
    [
        ({"how": "dates", "dates": "31 April 2027"}, "dates"),
        ({"how": "dates", "dates": ""}, "dates"),
        ({"how": "dates", "dates": "next week"}, "dates"),
        ({"how": "weeks", "days": ""}, "days"),
        ({"how": "days", "days": "soon"}, "days"),
        ({"how": "days", "days": "3", "title": ""}, "title"),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_nothing_typed_is_lost(page, filled, field):
    answer = page.client.post(f"/team{PATH}/copy", data=fields(page, **filled))
    assert answer.status_code == 422
    assert f'href="#{field}"' in answer.text
    assert {name: fields_of(answer)[name] for name in filled} == filled


def test_a_draft_is_deleted_once_the_page_has_asked(page):
    page.catalogue.answers["session"] = {**a_copy("maxims-in-practice"), "materials": []}
    form = fields_of(page.client.get(f"/team{PATH}/delete"))
    assert not page.catalogue.was_asked("delete_session")
    assert page.client.post(f"/team{PATH}/delete", data=form).status_code == 303
    page.catalogue.answers["delete_session"] = fakes.refused("not-found")
    assert page.client.post(f"/team{PATH}/delete", data=form).status_code == 303, "the button was pressed twice"


def test_the_page_does_not_delete_what_was_published(page):
    page.catalogue.answers["delete_session"] = fakes.refused("session-not-draft")
    assert page.client.get(f"/team{PATH}/delete").status_code == 409
    assert page.client.post(f"/team{PATH}/delete", data=fields(page)).status_code == 409


@pytest.mark.parametrize("path", [f"/api/v1{PATH}/export", f"/team{PATH}/export"])
def test_a_draft_is_exported_as_it_can_be_made_again(page, path):
    page.catalogue.answers["session"] = {**a_copy("maxims-in-practice"), "materials": [catalogue.material()]}
    answer = page.client.get(path)
    loaded = load(schemas.NewSession(), answer.json)
    assert answer.status_code == 200
    assert schemas.NewSession().dump(loaded) == answer.json
    assert {*answer.json} == {*schemas.NewSession().fields}
    assert answer.json["speakers"] == ["myron-rogers"]
