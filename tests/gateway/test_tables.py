"""Tables over the API: who may ask, what is passed on, and what comes back."""

import pytest

from gateway.assembly import SITE
from gateway.features.tables import api
from gateway.web.openapi import document
from services.community import schemas
from services.runtime.faults import Fault
from tests.gateway import fakes
from tests.gateway.seating import AMINA, CLEO, ONE, SLUG, STATE, view

PATH = f"/sessions/{SLUG}/tables"
WANTED = {"size": 2, "rounds": 1}


@pytest.fixture
def team(world):
    world.community.answers.update(
        plan_tables=STATE, move_seat=STATE, update_tables=STATE, publish_tables=STATE, tables=ONE
    )
    return world


def test_what_is_shown_has_the_shape_that_is_documented(team):
    assert schemas.TablesView().validate({**ONE, "made_at": ONE["made_at"]}) == {}
    shown = document(SITE.api, SITE.describe, "1", "https://headrow.example")["components"]["schemas"][
        "CommunityTablesView"
    ]
    assert {*shown["properties"]} == {*ONE}


def test_tables_are_made_and_answered(team):
    answer = team.ask("POST", PATH, "team-token", {**WANTED, "hosts": [AMINA]}, Idempotency_Key="k")
    assert (answer.status_code, answer.headers["Location"]) == (201, f"/api/v1{PATH}")
    assert answer.headers["ETag"].startswith('"2-')
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert answer.json == ONE
    asked = team.community.last("plan_tables")
    assert (asked["slug"], asked["given"], asked["key"]) == (SLUG, {**WANTED, "hosts": [AMINA]}, "k")
    assert asked["caller"]["roles"] == ["person", "team"]


def test_the_answer_waits_for_the_tables_for_a_while(team, monkeypatch):
    slept = []
    monkeypatch.setattr(api.time, "sleep", slept.append)
    waiting = iter([view(being_made=True), view(being_made=True), ONE])
    team.community.answers["tables"] = lambda **_: next(waiting)
    assert team.ask("POST", PATH, "team-token", WANTED).json == ONE
    assert slept == [api.PAUSE] * 2
    team.community.answers["tables"] = view(being_made=True)
    answer = team.ask("POST", PATH, "team-token", WANTED)
    assert (answer.status_code, answer.json["being_made"]) == (201, True)
    assert team.community.timeouts[-1] > 5, "it may take longer than what other requests may"
    assert sum(slept[2:]) == api.PATIENCE


def test_they_are_read_with_a_tag(team):
    answer = team.get(f"{PATH}?status=published", "team-token")
    assert (answer.status_code, answer.json) == (200, ONE)
    assert team.community.last("tables")["status"] == "published"
    assert team.get(PATH, "team-token", If_None_Match=answer.headers["ETag"]).status_code == 304
    team.get(PATH, "team-token")
    assert team.community.last("tables")["status"] is None


def test_who_moves_somebody_says_which_tables_they_saw(team):
    given = {"reference": AMINA, "round": 1, "swap_with": CLEO}
    assert team.ask("POST", f"{PATH}/move", "team-token", given).status_code == 428
    answer = team.ask("POST", f"{PATH}/move", "team-token", given, If_Match='"7-abcdef"', Idempotency_Key="k")
    assert (answer.status_code, answer.json) == (200, ONE)
    asked = team.community.last("move_seat")
    assert (asked["slug"], asked["version"], asked["given"], asked["key"]) == (SLUG, 7, given, "k")
    team.community.answers["move_seat"] = fakes.refused("stale-version")
    assert team.ask("POST", f"{PATH}/move", "team-token", given, If_Match='"7"').status_code == 412


def test_they_are_brought_up_to_date_and_published(team):
    answer = team.ask("POST", f"{PATH}/update", "team-token", {"over": 1})
    assert (answer.status_code, answer.json) == (200, ONE)
    assert team.community.last("update_tables")["given"] == {"over": 1}
    team.community.answers["publish_tables"] = fakes.FakeAnswer(STATE, replayed=True)
    answer = team.ask("POST", f"{PATH}/publish", "team-token", Idempotency_Key="k")
    assert (answer.status_code, answer.json, answer.headers["Idempotent-Replayed"]) == (200, ONE, "true")
    assert team.community.last("publish_tables")["key"] == "k"


@pytest.mark.parametrize(
    ("code", "status"),
    [("not-found", 404), ("session-cancelled", 409), ("session-finished", 409), ("tables-being-made", 409),
     ("invalid", 422), ("unavailable", 503)],
)  # fmt: skip
def test_refusals_become_problems(team, code, status):
    errors = [Fault("not-to-be-seated").at("hosts.0")]
    for method, path in (("plan_tables", ""), ("update_tables", "/update"), ("publish_tables", "/publish")):
        team.community.answers[method] = fakes.refused(code, **({"errors": errors} if code == "invalid" else {}))
        answer = team.ask("POST", PATH + path, "team-token", WANTED if not path else {})
        assert (answer.status_code, answer.json["type"]) == (status, f"/problems/{code}")
        assert answer.json.get("errors", errors) == errors


def test_everybody_reads_where_they_sit_themselves(world):
    mine = {
        "reference": AMINA,
        "session": SLUG,
        "kind": "tables",
        "tables": [{"round": 1, "table": 3}, {"round": 2, "table": None}],
    }
    world.community.answers["own_table"] = mine
    answer = world.get(f"/bookings/{AMINA}/table", "person-token")
    assert (answer.status_code, answer.json) == (200, mine)
    asked = world.community.last("own_table")
    assert (asked["caller"]["id"], asked["reference"]) == (fakes.person([])["id"], AMINA)
    world.community.answers["own_table"] = fakes.refused("not-found")
    assert world.get(f"/bookings/{AMINA}/table", "person-token").status_code == 404
