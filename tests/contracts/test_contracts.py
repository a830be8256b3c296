"""What is announced has a contract, and whoever subscribes to it can read it."""

import ast
import importlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from marshmallow import Schema

from gateway.projection.events import HEARD
from services.bus.entrypoints import subscriptions
from services.runtime import schemas
from tests.contracts.announced import FORMATS, SERVICES, TYPE, contract, contract_files, faults_of

CONTRACTS = contract_files()
SERVICE_NAMES = sorted(file.parent.name for file in SERVICES.glob("*/service.py"))


def named(file: Path) -> str:
    return file.stem


@pytest.mark.parametrize("file", CONTRACTS, ids=named)
def test_a_contract_is_named_after_its_event_and_the_service_that_announces_it(file):
    schema = json.loads(file.read_text())
    assert TYPE.fullmatch(file.stem)["service"] == file.parents[1].name
    assert schema["title"] == file.stem
    assert schema["description"]


@pytest.mark.parametrize("file", CONTRACTS, ids=named)
def test_a_contract_is_a_schema_open_to_new_fields(file):
    schema = json.loads(file.read_text())
    Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["type"] == "object"
    assert schema["required"]
    assert schema.get("additionalProperties", True) is True


@pytest.mark.parametrize("file", CONTRACTS, ids=named)
def test_a_contract_shows_examples_that_keep_it(file):
    examples = json.loads(file.read_text())["examples"]
    assert len(examples) >= 2
    assert [fault for example in examples for fault in faults_of(file.stem, example)] == []


@pytest.mark.parametrize("file", CONTRACTS, ids=named)
def test_the_examples_show_every_field_that_is_described(file):
    schema = json.loads(file.read_text())
    assert set(schema["properties"]) == {name for example in schema["examples"] for name in example}


@pytest.mark.parametrize("file", CONTRACTS, ids=named)
def test_each_required_field_is_missed_when_it_is_gone(file):
    schema = json.loads(file.read_text())
    validator = Draft202012Validator(schema, format_checker=FORMATS)
    example = schema["examples"][0]
    for gone in schema["required"]:
        assert not validator.is_valid({name: value for name, value in example.items() if name != gone}), gone


@pytest.mark.parametrize("service", SERVICE_NAMES)
def test_each_event_has_a_contract_and_each_contract_an_event(service):
    announced = {type_ for type_ in _types_in_code(SERVICES / service) if type_.startswith(f"{service}.")}
    assert announced == {file.stem for file in CONTRACTS if file.parents[1].name == service}


def test_no_code_names_an_event_that_has_no_contract():
    named_in_code = {*_types_in_code(SERVICES), *_types_in_code(SERVICES.parent / "gateway")}
    assert [type_ for type_ in sorted(named_in_code) if contract(type_) is None] == []


def test_every_event_has_a_reader():
    read = {type_ for service in SERVICE_NAMES for _, type_, _ in _subscriptions(service)}
    assert {file.stem for file in CONTRACTS} == read | set(HEARD)


@pytest.mark.parametrize("service", SERVICE_NAMES)
def test_a_subscriber_reads_every_example_of_every_event_that_it_reads(service):
    for _, type_, reads in _subscriptions(service):
        for example in contract(type_)["examples"]:
            schemas.load(reads, example)


@pytest.mark.parametrize("service", SERVICE_NAMES)
def test_a_subscriber_reads_events_of_tomorrow(service):
    for _, type_, reads in _subscriptions(service):
        example = {**contract(type_)["examples"][0], "added_next_year": {"to": "the contract"}}
        assert "added_next_year" not in schemas.load(reads, example)


def _subscriptions(service: str) -> Iterator[tuple[str, str, Schema]]:
    """Yield (method, event type, the schema that reads it) of each subscription of the service."""
    module = importlib.import_module(f"services.{service}.service")
    service_class = next(value for value in vars(module).values() if getattr(value, "name", None) == service)
    for method, types, reads in subscriptions(service_class):
        for type_ in types:
            yield method, type_, reads


def _types_in_code(folder: Path) -> Iterator[str]:
    """Yield each text in the folder's code that is an event's type; types are written out, so that grep finds them."""
    for file in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and TYPE.fullmatch(node.value):
                yield node.value
