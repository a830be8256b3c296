"""Promises about every route of the table, walked one by one."""

import importlib
import pkgutil
import re

import pytest
from werkzeug.test import Client

import gateway.api
import gateway.pages
from gateway import table
from gateway.pages import dev_mail
from gateway.routing import API, Route, Router, Routes
from tests.gateway import fakes

ROUTES = table.all_routes()
NAMES = {"id": "0b8c0f2e-3c52-4c55-9d5b-8a8b5d4a1a10", "file": "style.css"}
LATER = """POST /webhooks"""


def named(route: Route) -> str:
    return f"{route.method} {route.path}"


def path_of(route: Route) -> str:
    return re.sub(r"\{(\w+)\}", lambda found: NAMES.get(found[1], "some-name"), route.path)


def open_(client: Client, route: Route, token: str | None = None):
    headers = {"Idempotency-Key": "k", "If-Match": '"1"', "Content-Type": "application/json"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    data = b"{}" if route.method in ("POST", "PATCH") else None
    return client.open(path_of(route), method=route.method, headers=headers, data=data)


CLOSED = [route for route in ROUTES if route.may != "anyone"]
PRIVILEGED = [route for route in ROUTES if route.may not in ("anyone", "person")]
TOKENS = ["person-token", "facilitator-token", "team-token", "operator-token"]


@pytest.mark.parametrize("route", CLOSED, ids=named)
def test_whoever_is_not_signed_in_is_kept_out_of_what_is_not_for_anyone(world, route):
    assert open_(world.client, route).status_code == 401
    assert world.registration.asked == [("places", {"cursor": None})], "nothing but the snapshot was asked for"


@pytest.mark.parametrize("route", PRIVILEGED, ids=named)
@pytest.mark.parametrize("token", TOKENS)
def test_whoever_has_another_role_is_kept_out_of_what_takes_a_role(world, route, token):
    """A facilitator is of a session: of another than the one that is asked for, where a path names one."""
    of_a_session = ("team",) if "{slug}" in route.path else ("team", "facilitator")
    theirs = {"facilitator": of_a_session, "staff": ("team", "operator")}.get(route.may, (route.may,))
    if token.startswith(theirs):
        return
    assert open_(world.client, route, token).status_code == 403
    assert {method for method, _ in world.registration.asked} == {"places", "who"}
    assert world.catalogue.asked == [("snapshot", {"cursor": None})]


@pytest.mark.parametrize("route", PRIVILEGED, ids=named)
def test_a_token_that_is_no_good_opens_nothing(world, route):
    assert open_(world.client, route, "made-up").status_code == 401


@pytest.mark.parametrize("route", [route for route in CLOSED if route.may == "person"], ids=named)
def test_whoever_is_signed_in_is_let_through_to_the_service(world, route):
    class AnyService(dict):
        def __missing__(self, method):
            return fakes.refused("session-full")

    for service in (world.registration, world.notifications, world.community):
        service.answers = AnyService(service.answers)
    assert open_(world.client, route, "person-token").status_code in (200, 409)


@pytest.mark.parametrize("route", ROUTES, ids=named)
def test_each_route_says_what_it_is_for(route):
    assert route.summary
    assert (route.handler.__doc__ or "").strip()


@pytest.mark.parametrize("route", table.api_routes(), ids=named)
def test_each_route_of_the_api_says_what_it_answers(route):
    empty = route.status in (202, 204) or route.media != "application/json"
    known = empty or route.returns is not None or route.path.endswith("/openapi.json")
    assert known


@pytest.mark.parametrize("route", [route for route in ROUTES if route.method == "PATCH"], ids=named)
def test_each_change_needs_a_version(route):
    assert route.if_match


@pytest.mark.parametrize(
    "route", [route for route in ROUTES if route.method in ("POST", "PATCH") and not route.form], ids=named
)
def test_each_change_takes_json_only_or_what_it_says(world, route):
    token = {"person": "person-token", "anyone": "person-token", "operator": "operator-token"}.get(
        route.may, "team-token"
    )
    headers = {
        "Authorization": f"Bearer {token}",
        "Idempotency-Key": "k",
        "If-Match": '"1"',
        "Content-Type": "application/json" if route.takes else "text/plain",
    }
    answer = world.client.open(path_of(route), method=route.method, headers=headers, data=b"{}")
    assert answer.status_code == 415


@pytest.mark.parametrize("route", [route for route in ROUTES if route.form], ids=named)
def test_each_form_is_refused_without_its_token(world, route):
    answer = world.client.open(path_of(route), method=route.method, data={"email": "asha@example.org"})
    assert answer.status_code == 403
    assert world.registration.asked == [("places", {"cursor": None})]


def test_each_route_is_found_by_its_path():
    router = Router(ROUTES)
    for route in ROUTES:
        assert router.find(route.method, path_of(route))[0] is route


@pytest.mark.parametrize("line", LATER.split(","), ids=str.strip)
def test_what_is_not_built_yet_is_not_there(world, line):
    method, path = line.split()
    assert world.ask(method, path, "team-token", {} if method == "POST" else None).status_code in (404, 405)


def test_every_route_that_a_file_declares_is_in_the_table():
    declared = []
    for package in (gateway.api, gateway.pages):
        for file in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
            values = vars(importlib.import_module(file.name)).values()
            declared += [route for routes in values if isinstance(routes, Routes) for route in routes.table]
    elsewhere = dev_mail.routes.table  # there only where mail may be shown
    assert [named(route) for route in declared if route not in [*ROUTES, *elsewhere]] == []


def test_a_route_is_declared_once():
    with pytest.raises(ValueError, match="declared twice"):
        Router([*ROUTES, ROUTES[0]])


def test_everything_under_the_api_is_in_the_document_and_nothing_else_is_personal():
    beside = [route for route in ROUTES if not route.path.startswith(API)]
    assert {route.may for route in beside} == {"anyone"}
