"""The gateway and the services fit together: what is asked exists, and takes what it is given."""

import ast
import importlib
import inspect
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

import gateway
from gateway.projection.events import HEARD
from gateway.projection.read_model import ReadModel
from gateway.service import Gateway
from services.runtime.http1 import Limits

SERVICES = ("registration", "catalogue", "notifications", "community")
CARRIED = {"caller", "given", "key", "timeout"}  # by the bus, whether or not the method takes them
FOUND = "found"  # which the service finds out for itself before it begins


def asked() -> Iterator[tuple[str, str, frozenset[str], bool]]:
    """Yield service, method, names given, and whether more names are given that cannot be seen, for each call."""
    for file in Path(gateway.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call) and (service := _service_of(node.func)):
                method = next((argument.value for argument in node.args if isinstance(argument, ast.Constant)), None)
                names = {keyword.arg for keyword in node.keywords}
                if method is not None:  # otherwise it passes on what it is told, as `Call.registration` does
                    yield service, method, frozenset(names - {None}), None in names


def _service_of(function: ast.expr) -> str | None:
    if isinstance(function, ast.Name):
        return "catalogue" if function.id == "latest" else None
    if not isinstance(function, ast.Attribute):
        return None
    if function.attr == "call" and isinstance(function.value, ast.Attribute):
        function = function.value
    return function.attr if function.attr in SERVICES else None


CALLS = sorted(
    {(service, method, names, more) for service, method, names, more in asked()},
    key=lambda call: (*call[:2], sorted(call[2]), call[3]),
)


def method_of(service: str, name: str):
    module = importlib.import_module(f"services.{service}.service")
    return getattr(getattr(module, service.capitalize()), name)


def test_calls_are_found():
    assert ("registration", "who", frozenset(), False) in CALLS
    assert ("catalogue", "session", frozenset({"slug"}), False) in CALLS
    assert {service for service, *_ in CALLS} == set(SERVICES)


@pytest.mark.parametrize(("service", "method", "names", "more"), CALLS)
def test_what_is_asked_exists_and_takes_what_it_is_given(service, method, names, more):
    parameters = dict(list(inspect.signature(method_of(service, method)).parameters.items())[2:])  # self, db
    assert names - CARRIED <= {*parameters} - {FOUND}
    needed = {name for name, parameter in parameters.items() if parameter.default is parameter.empty}
    assert more or needed - {"caller", FOUND} <= names
    assert "given" in parameters or "given" not in names
    assert "given" in names or "given" not in parameters or more


@pytest.mark.parametrize("service", SERVICES)
def test_every_service_tells_how_it_is(service):
    assert method_of(service, "health")


def test_the_snapshot_is_asked_for_by_cursor():
    for service, method in (("catalogue", "snapshot"), ("registration", "places")):
        assert "cursor" in inspect.signature(method_of(service, method)).parameters


def test_no_request_waits_for_another_one_s_worker():
    assert Gateway.workers > Limits().connections


def test_everything_that_is_heard_is_announced_by_somebody():
    for type_ in HEARD:
        service = type_.partition(".")[0]
        contract = Path(importlib.import_module(f"services.{service}").__file__).parent / "contracts" / f"{type_}.json"
        assert contract.exists(), type_


@pytest.mark.parametrize("type_", HEARD)
def test_the_examples_of_what_is_heard_can_be_read(type_):
    service = type_.partition(".")[0]
    contract = Path(importlib.import_module(f"services.{service}").__file__).parent / "contracts" / f"{type_}.json"
    for number, example in enumerate(json.loads(contract.read_text())["examples"], start=1):
        model = ReadModel()
        model.hear(type_, f"anything/{number}", number, example)
        assert model.revision == 1
