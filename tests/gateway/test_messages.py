"""What the team says to the people of a session, through the gateway."""

import json

import pytest
from jsonschema import Draft202012Validator

from tests.gateway import fakes
from tests.gateway.conftest import API

PATH = "/sessions/maxims-in-practice/messages"
ID = "5d0c7a1e-2b64-4f0e-9c1d-7e8f9a0b1c20"
AT = "2026-11-23T09:00:00+00:00"
GIVEN = {"to": "confirmed", "subject": "Where to find us", "body": "Floor 2.\n\nUse the lift."}
QUEUED = {"id": ID, "to": "confirmed", "subject": "Where to find us", "queued": 41, "created_at": AT}
QUEUED["chosen"] = False
VIEW = {
    **QUEUED,
    "body": GIVEN["body"],
    **{"written_by": ID, "written_by_name": "Tess"},
    "queued": 0,
    "sent": 38,
    "delivered": 1,
    "bounced": 1,
    "failed": 1,
    "finished_at": AT,
}
FORGOTTEN = {**VIEW, "subject": None, "body": None, "finished_at": None}


def test_a_message_goes_to_notifications_in_the_name_of_the_team(world):
    world.notifications.answers["write_to_session"] = fakes.FakeAnswer(QUEUED, replayed=True)
    answer = world.ask("POST", PATH, "team-token", GIVEN, Idempotency_Key="k")
    assert (answer.status_code, answer.json) == (201, QUEUED)
    assert answer.headers["Location"] == f"{API}{PATH}/{ID}"
    assert answer.headers["Idempotent-Replayed"] == "true"
    assert answer.headers["Cache-Control"] == "private, no-store"
    asked = world.notifications.last("write_to_session")
    assert (asked["slug"], asked["given"], asked["key"]) == ("maxims-in-practice", GIVEN, "k")
    assert asked["caller"]["roles"] == ["person", "team"]


def test_what_was_written_is_where_it_was_said_to_be(world):
    world.notifications.answers["mailing"] = VIEW
    answer = world.get(f"{PATH}/{ID}", "team-token")
    assert (answer.status_code, answer.json) == (200, VIEW)
    assert world.get(f"{PATH}/{ID}", "team-token", If_None_Match=answer.headers["ETag"]).status_code == 304
    asked = world.notifications.last("mailing")
    assert (asked["slug"], asked["id"]) == ("maxims-in-practice", ID)


def test_the_list_comes_page_by_page_in_the_shape_that_is_described(world):
    world.notifications.answers["mailings"] = {"items": [VIEW, FORGOTTEN], "next": "abc"}
    answer = world.get(f"{PATH}?limit=5&cursor=xyz", "team-token")
    assert answer.json == {"items": [VIEW, FORGOTTEN], "next": "abc"}
    asked = world.notifications.last("mailings")
    assert (asked["slug"], asked["limit"], asked["cursor"]) == ("maxims-in-practice", 5, "xyz")
    document = json.loads(world.get("/openapi.json").text)
    described = document["paths"][f"{API}/sessions/{{slug}}/messages"]["get"]["responses"]["200"]
    schema = {**described["content"]["application/json"]["schema"], "components": document["components"]}
    assert list(Draft202012Validator(schema).iter_errors(answer.json)) == []


@pytest.mark.parametrize(("method", "rpc", "path"), [("POST", "write_to_session", PATH), ("GET", "mailings", PATH),
                                                     ("GET", "mailing", f"{PATH}/{ID}")])  # fmt: skip
def test_a_session_that_is_not_there_is_404(world, method, rpc, path):
    world.notifications.answers[rpc] = fakes.refused("not-found")
    assert world.ask(method, path, "team-token", GIVEN if method == "POST" else None).status_code == 404


def test_only_the_team_writes_and_reads(world):
    for method, path in (("POST", PATH), ("GET", PATH), ("GET", f"{PATH}/{ID}")):
        assert world.ask(method, path, "person-token", GIVEN if method == "POST" else None).status_code == 403
    assert world.notifications.asked == []


def test_the_longest_text_is_not_too_large(world):
    world.notifications.answers["write_to_session"] = QUEUED
    assert world.ask("POST", PATH, "team-token", {**GIVEN, "body": "\N{GRINNING FACE}" * 5000}).status_code == 201
