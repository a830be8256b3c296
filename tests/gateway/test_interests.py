"""Interests, demand and suggestions through the gateway."""

import json

import pytest
from jsonschema import Draft202012Validator

from tests.gateway import fakes
from tests.gateway.conftest import API

ID = "5d0c7a1e-2b64-4f0e-9c1d-7e8f9a0b1c20"
AT = "2026-11-23T09:00:00+00:00"
INTEREST = {"id": ID, "topic": "systems-thinking", "programme": None, "session": None, "created_at": AT}
DEMAND = {"topic": "systems-thinking", "programme": None, "session": None, "people": 41}
SUGGESTION = {"id": ID, "kind": "theme", "text": "More on trust", "created_at": AT}
OF_PERSON = {**SUGGESTION, "person": {"name": "Asha", "email": "asha@example.org", "sector": "hospital"}}
MADE = [
    ("/interests", "register_interest", {"topic": "systems-thinking"}, INTEREST),
    ("/suggestions", "suggest", {"kind": "theme", "text": "More on trust"}, SUGGESTION),
]
LISTS = [
    ("/interests", "interests", "person-token", INTEREST),
    ("/demand", "demand", "team-token", DEMAND),
    ("/suggestions", "suggestions", "team-token", OF_PERSON),
]


@pytest.mark.parametrize(("path", "rpc", "given", "made"), MADE, ids=[case[1] for case in MADE])
def test_what_is_made_says_where_it_is_and_may_be_repeated(world, path, rpc, given, made):
    world.registration.answers[rpc] = fakes.FakeAnswer(made, replayed=True)
    answer = world.ask("POST", path, "person-token", given, Idempotency_Key="k")
    assert (answer.status_code, answer.json) == (201, made)
    assert answer.headers["Location"] == f"{API}{path}/{ID}"
    assert answer.headers["Idempotent-Replayed"] == "true"
    asked = world.registration.last(rpc)
    assert (asked["given"], asked["key"]) == (given, "k")


@pytest.mark.parametrize(("path", "rpc"), [("/interests", "interest"), ("/suggestions", "suggestion")])
def test_what_was_made_is_where_it_was_said_to_be(world, path, rpc):
    world.registration.answers[rpc] = INTEREST if rpc == "interest" else SUGGESTION
    answer = world.get(f"{path}/{ID}", "person-token")
    assert (answer.status_code, answer.json) == (200, world.registration.answers[rpc])
    assert world.get(f"{path}/{ID}", "person-token", If_None_Match=answer.headers["ETag"]).status_code == 304
    assert world.registration.last(rpc)["id"] == ID


@pytest.mark.parametrize(("path", "rpc", "token", "item"), LISTS, ids=[case[1] for case in LISTS])
def test_each_list_comes_page_by_page_in_the_shape_that_is_described(world, path, rpc, token, item):
    world.registration.answers[rpc] = {"items": [item], "next": "abc"}
    answer = world.get(f"{path}?limit=5&cursor=xyz", token)
    assert answer.json == {"items": [item], "next": "abc"}
    assert answer.headers["Cache-Control"] == "private, no-store"
    asked = world.registration.last(rpc)
    assert (asked["limit"], asked["cursor"]) == (5, "xyz")
    document = json.loads(world.get("/openapi.json").text)
    answers = document["paths"][API + path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    schema = {**answers, "components": document["components"]}
    assert list(Draft202012Validator(schema).iter_errors(answer.json)) == []


def test_the_team_asks_for_suggestions_of_one_kind(world):
    world.registration.answers["suggestions"] = {"items": [], "next": None}
    world.get("/suggestions?kind=speak", "team-token")
    assert world.registration.last("suggestions")["kind"] == "speak"


def test_the_kinds_of_suggestions_are_described_and_those_of_materials_stay_theirs(world):
    paths = json.loads(world.get("/openapi.json").text)["paths"]

    def kinds(path):
        return next(p["schema"]["enum"] for p in paths[API + path]["get"]["parameters"] if p["name"] == "kind")

    assert kinds("/suggestions") == ["theme", "speak", "other"]
    assert "recording" in kinds("/materials")


def test_an_interest_is_withdrawn(world):
    world.registration.answers["withdraw_interest"] = None
    answer = world.ask("DELETE", f"/interests/{ID}", "person-token")
    assert (answer.status_code, answer.data) == (204, b"")
    assert world.registration.last("withdraw_interest")["id"] == ID


def test_another_s_interest_is_not_there(world):
    world.registration.answers["withdraw_interest"] = fakes.refused("not-found")
    assert world.ask("DELETE", f"/interests/{ID}", "person-token").status_code == 404


@pytest.mark.parametrize("name", ["7", "none", "%00", ID.upper()])
def test_what_is_no_id_names_nothing(world, name):
    assert world.ask("DELETE", f"/interests/{name}", "person-token").status_code == 404
    assert not world.registration.was_asked("withdraw_interest")


def test_whoever_suggests_too_much_is_told_when_to_come_back(world):
    world.registration.answers["suggest"] = fakes.refused("too-many-suggestions", retry_after=3600)
    answer = world.ask("POST", "/suggestions", "person-token", SUGGESTION)
    assert (answer.status_code, answer.json["type"]) == (429, "/problems/too-many-suggestions")
    assert answer.headers["Retry-After"] == "3600"
