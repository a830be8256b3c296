"""The OpenAPI document: valid, complete, and true of what is answered."""

import gzip
import json

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

from gateway.assembly import SITE
from services.runtime.settings import Settings
from tests.gateway import catalogue, fakes
from tests.gateway.conftest import World

TRUE_OF = """/sessions /sessions/maxims-in-practice /programmes /programmes/virtual-sessions /speakers
    /speakers/myron-rogers /materials /materials/0b8c0f2e-3c52-4c55-9d5b-8a8b5d4a1a10 /sectors
    /me /version /bookings /bookings/HR-7K2M9Q"""


@pytest.fixture(scope="module")
def document():
    """The document as it is answered, which is the same for everybody."""
    world = World(Settings(secret_key="k" * 32, public_url="https://headrow.example", limits=False))
    return json.loads(world.get("/openapi.json").text)


@pytest.mark.patient
def test_the_document_is_valid(document):
    validate(document)
    assert document["openapi"] == "3.1.0"


def test_the_document_has_every_route_of_the_api_and_no_other(document):
    described = {(method.upper(), path) for path, item in document["paths"].items() for method in item}
    assert described == {(route.method, route.path) for route in SITE.api}


def test_every_operation_has_a_name_of_its_own(document):
    names = [operation["operationId"] for item in document["paths"].values() for operation in item.values()]
    assert len(names) == len(set(names))


def test_what_needs_a_token_says_so(document):
    for route in SITE.api:
        operation = document["paths"][route.path][route.method.lower()]
        assert ("security" in operation) == (route.requires != "anyone")


@pytest.mark.parametrize("path", TRUE_OF.split())
def test_an_answer_has_the_shape_that_is_described(world, document, path):
    world.registration.answers.update(
        bookings={"items": [fakes.booking()], "next": None}, booking=fakes.booking(state="waiting", position=2)
    )
    answer = world.get(path, "person-token")
    assert answer.status_code == 200
    call = world.application.router.find("GET", f"/api/v1{path}")[0]
    schema = document["paths"][call.path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    whole = {**schema, "components": document["components"]}
    assert list(Draft202012Validator(whole).iter_errors(answer.json)) == []


def test_an_editor_s_answer_has_the_shape_that_is_described(world, document):
    world.catalogue.answers["session"] = {**catalogue.session(venue=None), "materials": []}
    schema = {"$ref": "#/components/schemas/EditedSession", "components": document["components"]}
    answer = world.get("/sessions/maxims-in-practice", "team-token")
    assert list(Draft202012Validator(schema).iter_errors(answer.json)) == []


def test_a_session_has_exactly_the_fields_that_are_described(world, document):
    described = document["components"]["schemas"]["Session"]["properties"]
    assert set(world.get("/sessions/maxims-in-practice").json) == set(described)


def test_the_document_to_read_is_sent_small_to_whoever_takes_it_so(world):
    plain = world.client.get("/api/v1/docs")
    small = world.client.get("/api/v1/docs", headers={"Accept-Encoding": "gzip"})
    assert (small.headers["Content-Encoding"], gzip.decompress(small.data)) == ("gzip", plain.data)
    assert "Content-Encoding" not in plain.headers
    assert "Accept-Encoding" in plain.headers["Vary"]
    kept = {"Accept-Encoding": "gzip", "If-None-Match": small.headers["ETag"]}
    again = world.client.get("/api/v1/docs", headers=kept)
    assert (again.status_code, again.data) == (304, b"")


def test_the_readable_page_names_every_operation(world, document):
    page = world.client.get("/api/v1/docs").text
    for path in document["paths"]:
        assert path in page


def test_a_problem_may_have_the_facts_of_its_type(world, document):
    world.registration.answers["book"] = fakes.refused("profile-incomplete", missing=["name"])
    answer = world.ask("POST", "/bookings", "person-token", {"session": "maxims-in-practice"}, idempotency_key="k")
    assert answer.json["missing"] == ["name"]
    described = document["paths"]["/api/v1/bookings"]["post"]["responses"]["409"]["content"]["application/problem+json"]
    Draft202012Validator({**described["schema"], "components": document["components"]}).validate(answer.json)


def test_a_json_feed_is_described_as_an_object_and_a_wrong_code_as_an_answer(document):
    feed = document["paths"]["/api/v1/feed.json"]["get"]["responses"]["200"]["content"]["application/feed+json"]
    assert feed["schema"] == {"type": "object"}
    assert "401" in document["paths"]["/api/v1/sign-in/confirm"]["post"]["responses"]
