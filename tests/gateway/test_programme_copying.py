"""Copies of a programme: over the API, and on the team's page."""

import pytest

from services.catalogue import schemas
from tests.gateway import catalogue, fakes
from tests.gateway.shown_page import Shown

pytestmark = pytest.mark.patient
SLUG = catalogue.programme()["slug"]
PATH = f"/programmes/{SLUG}"
PLAN = [{"session": "maxims-in-practice", "copy": catalogue.session()}]


@pytest.fixture
def team(world):
    made = {"programme": {**catalogue.programme(), "slug": "next"}, "items": [catalogue.session("a", status="draft")]}
    made["sources"] = ["maxims-in-practice"]
    world.catalogue.answers.update(
        programme=catalogue.programme(),
        plan_programme_copy=fakes.checked(schemas.ProgrammeCopying(), {"items": PLAN}),
        copy_programme=fakes.checked(schemas.ProgrammeCopying(), made),
    )
    world.registration.answers["copy_to_drafts"] = None
    return world


def test_a_copy_of_a_programme_is_answered_with_its_drafts_and_where_it_is(team):
    answer = team.ask("POST", f"{PATH}/copy", "team-token", {"title": "Next", "days": 364})
    assert (answer.status_code, answer.headers["Location"]) == (201, "/api/v1/programmes/next")
    assert [(one["slug"], one["status"]) for one in answer.json["items"]] == [("a", "draft")]


def test_a_dry_run_makes_nothing(team):
    answer = team.ask("POST", f"{PATH}/copy?dry_run=true", "team-token", {"title": "Next", "days": 364})
    assert (answer.status_code, [one["session"] for one in answer.json["plan"]]) == (200, ["maxims-in-practice"])
    assert not team.catalogue.was_asked("copy_programme")


@pytest.mark.parametrize("token", [None, "person-token"])
def test_only_the_team_copies_programmes(team, token):
    assert team.ask("POST", f"{PATH}/copy", token, {"title": "Next", "days": 1}).status_code in {401, 403}


# The page


@pytest.fixture
def page(team):
    team.client.set_cookie("__Host-headrow_session", "team-token")
    return team


def fields(answer, **changes):
    return {**Shown(answer.text).forms[None], **changes}


def send(page, **filled):
    return page.client.post(f"/team{PATH}/copy", data=fields(page.client.get(f"/team{PATH}/copy"), **filled))


def test_the_page_shows_what_would_be_made_before_it_makes_it(page):
    checked = send(page, how="weeks", days="52", title="Next")
    assert checked.status_code == 200
    assert page.catalogue.last("plan_programme_copy")["given"]["days"] == 364
    assert not page.catalogue.was_asked("copy_programme")
    made = page.client.post(f"/team{PATH}/copy", data=fields(checked, do="make"))
    assert made.status_code == 303
    assert page.catalogue.last("copy_programme")["given"]["title"] == "Next"


def test_days_are_listed_for_each_session(page):
    send(page, **{"how": "dates", "first-maxims-in-practice": "Thursday 1 April 2027, 1/5/27,"})
    days = {"session": "maxims-in-practice", "dates": ["2027-04-01", "2027-05-01"]}
    assert page.catalogue.last("plan_programme_copy")["given"]["sessions"] == [days]


@pytest.mark.parametrize(
    ("filled", "field"),
    [
        ({"how": "dates", "first-maxims-in-practice": "1 April 2027, 31 April 2027"}, "first-maxims-in-practice"),
        ({"how": "weeks", "days": ""}, "days"),
        ({"how": "days", "days": "soon"}, "days"),
        ({"how": "days", "days": "3", "title": ""}, "title"),
        ({"how": "days", "days": "3", "slug": "Not a slug"}, "slug"),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_nothing_typed_is_lost(page, filled, field):
    answer = send(page, **filled)
    assert answer.status_code == 422
    assert f'href="#{field}"' in answer.text
    shown = Shown(answer.text).forms[None]
    assert {name: shown[name] for name in filled} == filled
