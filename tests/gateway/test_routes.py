"""Promises about every route of the table, walked one by one."""

import hashlib
import importlib
import pkgutil
import re
from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from urllib.parse import parse_qs, urlsplit

import pytest
from werkzeug.test import Client, TestResponse
from werkzeug.wrappers import Response

import gateway
from gateway.assembly import SITE
from gateway.web.routing import API, Route, Router, Routes, SignIn, page_routes
from tests.gateway import fakes
from tests.gateway.html import Page
from tests.sentences import says

ROUTES = [route for route in SITE.routes if route.requires != "developer"]
EVERY = SITE.routes  # those for developers are there only where mail may be shown
NAMES = {"id": "0b8c0f2e-3c52-4c55-9d5b-8a8b5d4a1a10", "file": "style.css", "slug": "maxims-in-practice"}
LATER = """POST /webhooks"""
TOKENS = {
    "nobody": None,
    "a dead token": "made-up",
    "person": "person-token",
    "member": "member-token",
    "facilitator of it": "facilitator-token",
    "facilitator of another": "other-facilitator-token",
    "coordinator of it": "coordinator-token",
    "coordinator of another": "other-coordinator-token",
    "team": "team-token",
    "operator": "operator-token",
}
UNKNOWN = {"nobody", "a dead token"}
FORM = {"text": "What I wrote", "session": "maxims-in-practice", "List-Unsubscribe": "One-Click"}
BROWSER = {"headrow_form": "one-that-was-here"}
Visit = Callable[[Route, str], tuple[bool, TestResponse]]


def named(route: Route) -> str:
    return f"{route.method} {route.path}"


def path_of(route: Route) -> str:
    return re.sub(r"\{(\w+)\}", lambda found: NAMES.get(found[1], "some-name"), route.path)


def open_(client: Client, route: Route, token: str | None = None, form: dict[str, str] | None = None) -> TestResponse:
    headers = {"Idempotency-Key": "k", "If-Match": '"1"'}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    if form is None:
        headers["Content-Type"] = route.takes[0] if route.takes else "application/json"
    data = form or (b"{}" if route.method in ("POST", "PATCH") or route.body else None)
    return client.open(path_of(route), method=route.method, headers=headers, data=data)


def let_in_by(route: Route) -> set[str]:
    """Return who the gateway is to let in, of those in `TOKENS`: of the API's `one_call`, whoever has a token."""
    return TOKENS.keys() - {"nobody"} if route.one_call and not route.page else those_who_may(route)


def those_who_may(route: Route) -> set[str]:
    """Return who a route is for, of those in `TOKENS`."""
    of_it = {"facilitator of it"} if "{slug}" in route.path else {"facilitator of it", "facilitator of another"}
    theirs = {
        "anyone": {*TOKENS},
        "person": TOKENS.keys() - ({"nobody"} if _asks_a_service(route) else UNKNOWN),
        "member": {"member"},
        "facilitator": {"team", *of_it},
        "coordinator": {"coordinator of it"},
        "team": {"team"},
        "operator": {"operator"},
        "staff": {"team", "operator"},
        "monitoring": {"operator"},
        "developer": set(),
    }
    return theirs[route.requires]


def _asks_a_service(route: Route) -> bool:
    """Tell whether it is a service that looks at the token of a person, when it is asked to do something."""
    return not route.page or route.one_call


GOT_IN = []
DOORS = Router([replace(route, handler=lambda call: GOT_IN.append(call.route) or Response()) for route in EVERY])


@pytest.fixture
def visit(world) -> Visit:
    """Open a route as one of `TOKENS`, with a form that they were shown; return whether they got in, and the answer."""
    world.application.router = DOORS
    for name, value in BROWSER.items():
        world.client.set_cookie(name, value)

    def form_for(token: str | None) -> dict[str, str]:
        hashed = hashlib.sha256(token.encode()).hexdigest() if token else None
        shown_to = SimpleNamespace(token=hashed, request=SimpleNamespace(environ={}, cookies=BROWSER))
        return {**FORM, "form_token": world.application.pages.forms.token(shown_to)}

    def open_as(route: Route, who: str) -> tuple[bool, TestResponse]:
        form = form_for(TOKENS[who]) if route.form or route.one_click else None
        GOT_IN.clear()
        for service in (world.registration, world.catalogue, world.notifications, world.community):
            service.asked.clear()
        answer = open_(world.client, route, TOKENS[who], form)
        return bool(GOT_IN), answer

    return open_as


@pytest.mark.parametrize("route", EVERY, ids=named)
def test_a_route_lets_in_who_it_requires_and_tells_everyone_else_why(world, visit, route):
    """For those who are kept out, services are asked who they are, and nothing else."""
    let_in = set()
    for who in TOKENS:
        got_in, answer = visit(route, who)
        if got_in:
            let_in.add(who)
            continue
        assert answer.status_code in statuses_of(route, who)
        assert {method for method, _ in world.registration.asked} <= {"who"}
        assert {method for method, _ in world.community.asked} <= {"check_member"}
        assert world.catalogue.asked == world.notifications.asked == []
    assert let_in == let_in_by(route)


def statuses_of(route: Route, who: str) -> set[int]:
    """Return what those are answered who are kept out; the way to sign in may be a page, or lead there at once."""
    if route.requires == "developer":
        return {404}
    if who not in UNKNOWN:
        return {403}
    return {401, 303} if route.page and route.method == "GET" else {401}


@pytest.mark.parametrize("route", [route for route in SITE.api if route.one_call], ids=named)
def test_what_the_api_leaves_to_registration_is_refused_there_by_the_same_role(world, route):
    """The one call that looks at the token looks at the role too: it is to a method that requires the route's."""
    for service in (world.registration, world.catalogue, world.notifications, world.community):
        service.asked.clear()
    for who in TOKENS.keys() - those_who_may(route):
        assert open_(world.client, route, TOKENS[who]).status_code in statuses_of(route, who)
    assert {fakes.role_for(method) for method in world.registration.refused} == {route.requires}
    for service in (world.registration, world.catalogue, world.notifications, world.community):
        assert service.asked == []


@pytest.mark.parametrize("route", [route for route in EVERY if route.one_call and route.page], ids=named)
def test_a_form_that_is_one_call_does_nothing_for_those_whom_registration_does_not_know(world, visit, route):
    class Unknown(dict):
        def __missing__(self, method):
            return fakes.refused("not-signed-in")

    world.registration.answers = Unknown()
    world.application.router = Router(EVERY)
    _, answer = visit(route, "a dead token")
    assert (answer.status_code, "/sign-in?next=" in answer.text) == (401, True)
    assert world.catalogue.asked == world.notifications.asked == world.community.asked == []


@pytest.mark.parametrize(
    "route", [route for route in EVERY if route.sign_in and let_in_by(route) != {*TOKENS}], ids=named
)
def test_a_page_that_asks_to_sign_in_is_come_back_to(world, visit, route):
    """Or the page that has its button, or its link to a file."""
    _, answer = visit(route, "nobody")
    link = answer.headers.get("Location") or next(
        link["href"] for link in Page(answer.text).all("a") if str(link.get("href")).startswith("/sign-in?next=")
    )
    back = parse_qs(urlsplit(link).query)["next"][0]
    page, _ = world.application.router.find("GET", urlsplit(back).path)
    assert (page.page, page.media) == (True, "text/html")
    assert back == path_of(route) or route.back or not isinstance(route.sign_in, SignIn)


@pytest.mark.parametrize(
    "route", [route for route in ROUTES if route.requires == "person" and not route.page], ids=named
)
def test_whoever_is_signed_in_is_let_through_to_the_service(world, route):
    class AnyService(dict):
        def __missing__(self, method):
            return fakes.refused("session-full")

    for service in (world.registration, world.notifications, world.community):
        service.answers = AnyService(service.answers)
    assert open_(world.client, route, "person-token").status_code in (200, 409)


@pytest.mark.parametrize(
    "route", [route for route in ROUTES if route.requires not in ("anyone", "person") and not route.page], ids=named
)
def test_a_token_that_is_no_good_opens_nothing(world, route):
    answer = open_(world.client, route, "made-up")
    assert (answer.status_code, answer.json["type"]) == (401, "/problems/not-signed-in")


@pytest.mark.parametrize("route", ROUTES, ids=named)
def test_each_route_says_what_it_is_for(route):
    assert route.summary
    assert (route.handler.__doc__ or "").strip()


@pytest.mark.parametrize("route", SITE.api, ids=named)
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
        route.requires, "team-token"
    )
    headers = {
        "Authorization": f"Bearer {token}",
        "Idempotency-Key": "k",
        "If-Match": '"1"',
        "Content-Type": "application/json" if route.takes else "text/plain",
    }
    answer = world.client.open(path_of(route), method=route.method, headers=headers, data=b"{}")
    assert answer.status_code == 415


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
    for file in pkgutil.walk_packages(gateway.__path__, "gateway."):
        values = vars(importlib.import_module(file.name)).values()
        declared += [route for routes in values if isinstance(routes, Routes) for route in routes.table]
    assert [named(route) for route in declared if route not in SITE.routes] == []


SPELT_OTHERWISE = (
    "/sessions/ /sessions// //api/v1//sessions /api/v1/sessions/ /Sessions /team//sessions /sessions/a/ /."
)


@pytest.mark.parametrize("path", SPELT_OTHERWISE.split())
def test_an_address_that_is_spelt_otherwise_is_not_there_and_leads_nowhere(world, path):
    for method in ("GET", "POST", "OPTIONS"):
        answer = world.client.open(environ_overrides={"PATH_INFO": path}, method=method)
        assert (answer.status_code, answer.headers.get("Location")) == (404, None)


def test_a_fixed_path_comes_before_an_open_one_and_takes_no_more_methods_for_it():
    router = Router(ROUTES)
    assert router.find("GET", "/team/sessions/new")[0].path == "/team/sessions/new"
    assert router.methods("/team/sessions/new") == ["GET", "HEAD", "OPTIONS", "POST"]


def test_a_route_is_declared_once():
    with pytest.raises(ValueError, match="declared twice"):
        Router([*ROUTES, ROUTES[0]])


def test_what_is_beside_the_api_is_for_anyone_or_asks_people_to_sign_in():
    beside = [route for route in ROUTES if not route.path.startswith(API)]
    assert [named(route) for route in beside if route.requires != "anyone" and not route.page] == ["GET /metrics"]


def test_what_is_under_the_team_s_and_the_operators_addresses_is_for_them():
    theirs = {"/team": {"team", "facilitator"}, "/operator": {"operator"}}
    for beginning, roles in theirs.items():
        routes = [route for route in ROUTES if route.path.startswith(beginning)]
        assert routes
        assert [named(route) for route in routes if route.requires not in roles] == []


@pytest.mark.parametrize("requires", [None, "everybody"])
def test_a_route_that_does_not_say_who_it_requires_does_not_start(requires):
    routes = Routes("anything", "Anything")
    said = says("routes.must_say_who", route="tests.gateway.test_routes: GET /api/v1/anything")
    with pytest.raises(ValueError, match=said):
        routes.route("GET", "/anything", "Anything", requires=requires)(lambda call: Response())
    assert routes.table == []


def test_a_page_that_requires_somebody_and_does_not_say_how_to_sign_in_does_not_start():
    routes = page_routes("anything")
    routes.route("GET", "/anything", "Anything", requires="anyone")(lambda call: Response())
    said = says("routes.must_say_how_to_sign_in", route="GET /anything/more")
    with pytest.raises(ValueError, match=said):
        routes.route("GET", "/anything/more", "More", requires="person")(lambda call: Response())
