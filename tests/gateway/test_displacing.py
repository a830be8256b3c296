"""A change that takes people's places is shown by a dry run, and done only by who knows how many it takes."""

import pytest

from services.runtime.refusals import Unavailable
from tests.gateway import catalogue, fakes

SLUG = "maxims-in-practice"
PLAN = {
    **{"stay": 3, "change_mode": 3, "wait": 2, "offered": 1, "attendance_removed": 0},
    "people": [
        {
            "reference": fakes.REFERENCE,
            "name": "Asha",
            "from": {"mode": "in_room", "state": "confirmed"},
            "to": {"mode": "online", "state": "confirmed"},
        }
    ],
}
CONVERSION = {"delivery": "hybrid", "places_in_room": 3, "places_online": 3}


@pytest.fixture
def team(world):
    edited = {**catalogue.session(version=7), "materials": []}
    world.catalogue.answers.update(session=edited, change_session=edited, convert_session=edited)
    world.registration.answers["forecast_change"] = {"plan": PLAN}
    return world


def change(world, given, query=""):
    etag = world.get(f"/sessions/{SLUG}", "team-token").headers["ETag"]
    return world.ask("PATCH", f"/sessions/{SLUG}{query}", "team-token", given, If_Match=etag)


def convert(world, given, query=""):
    return world.ask("POST", f"/sessions/{SLUG}/convert{query}", "team-token", given, Idempotency_Key="once")


@pytest.mark.parametrize(("way", "given"), [(change, {"places_online": 3}), (convert, CONVERSION)])
class TestBothWays:
    def test_a_dry_run_tells_the_plan_and_does_nothing(self, team, way, given):
        answer = way(team, given, "?dry_run=true")
        assert (answer.status_code, answer.json) == (200, {"plan": PLAN})
        assert answer.headers["Cache-Control"] == "private, no-store"
        assert not team.catalogue.was_asked("change_session")
        assert not team.catalogue.was_asked("convert_session")

    def test_without_a_word_of_it_nobody_loses_their_place(self, team, way, given):
        answer = way(team, given)
        assert (answer.status_code, answer.json["type"], answer.json["displaces"]) == (
            409, "/problems/would-displace", 2
        )  # fmt: skip
        assert way(team, {**given, "displace": 1}).status_code == 409, "it was one when it was read"
        assert not team.catalogue.was_asked("change_session")
        assert not team.catalogue.was_asked("convert_session")

    def test_whoever_says_how_many_goes_on(self, team, way, given):
        assert way(team, {**given, "displace": 2}).status_code == 200
        [method] = [name for name in ("change_session", "convert_session") if team.catalogue.was_asked(name)]
        assert team.catalogue.last(method)["given"] == given

    def test_what_is_no_number_is_refused_by_its_field(self, team, way, given):
        answer = way(team, {**given, "displace": "two"})
        assert (answer.status_code, answer.json["errors"][0]["field"]) == (422, "displace")

    def test_a_plan_that_cannot_be_made_stops_it(self, team, way, given):
        team.registration.answers["forecast_change"] = Unavailable()
        assert way(team, given).status_code == 503
        assert not team.catalogue.was_asked("convert_session")

    def test_a_draft_that_nobody_can_have_booked_needs_none(self, team, way, given):
        team.registration.answers["forecast_change"] = fakes.refused("not-found")
        assert way(team, given).status_code == 200


def test_what_leaves_the_places_alone_asks_for_no_plan(team):
    assert change(team, {"title": "B"}).status_code == 200
    assert not team.registration.was_asked("forecast_change")


def test_a_dry_run_says_what_is_wrong_too(team):
    answer = convert(team, {"delivery": "by post"}, "?dry_run=true")
    assert (answer.status_code, answer.json["errors"][0]["field"]) == (422, "delivery")


MEETINGS = [{"starts_at": "2027-03-09T09:30:00Z", "ends_at": "2027-03-09T16:30:00Z"}]


def test_a_meeting_that_people_were_at_goes_only_by_who_knows_it(team):
    team.registration.answers["forecast_change"] = {"plan": {**PLAN, "wait": 0, "attendance_removed": 3}}
    answer = change(team, {"meetings": MEETINGS})
    assert (answer.status_code, answer.json["type"], answer.json["people"]) == (
        409, "/problems/would-remove-attendance", 3
    )  # fmt: skip
    assert team.registration.last("forecast_change")["given"] == {"meetings": MEETINGS}
    assert change(team, {"meetings": MEETINGS, "remove_attendance": 3}).status_code == 200
    assert team.catalogue.last("change_session")["given"] == {"meetings": MEETINGS}
