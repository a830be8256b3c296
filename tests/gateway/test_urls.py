"""Addresses are written by `url_for`, and those of a route stand in no other place than beside it."""

import ast
import re
from collections.abc import Iterator
from inspect import signature
from pathlib import Path

import pytest

import gateway
from gateway.assembly import SITE
from gateway.web.routing import Router, url_beside, url_for

ROUTES = {route.name: route for route in SITE.routes}
ROUTER = Router(ROUTES.values())
FILES = {name.partition(".")[0] if not name.startswith("api.") else name.rpartition(".")[0] for name in ROUTES}
GATEWAY = Path(gateway.__file__).parent
CODE = sorted(GATEWAY.rglob("*.py"))
TEMPLATES = sorted(GATEWAY.rglob("*.html"))
# What is no link of ours: what the first part of a path says of it, a name that lasts for ever, and a template's file.
KEPT = {
    ("application.py", "/health/"),
    ("application.py", "/metrics"),
    ("application.py", "/api/"),
    ("problems.py", "/problems/"),
    ("components.py", "/macro.jinja"),
    ("routing.py", "/api/v1"),
}
PATH = re.compile(r"/[a-z{]")
FILE_NAMES = (".html", ".css", ".js", ".typ", ".csv", ".pdf")


def named(file: Path) -> str:
    return str(file.relative_to(GATEWAY))


def texts(file: Path) -> Iterator[tuple[str, ast.AST]]:
    """Yield the texts in a file, or the pieces of them, without docstrings and what decorates a handler."""
    tree = ast.parse(file.read_text())
    beside = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            routes = [
                one for one in node.decorator_list if isinstance(one, ast.Call) and "route" in ast.unparse(one.func)
            ]
            beside |= {id(inner) for one in routes for inner in ast.walk(one)}
        if isinstance(node, ast.Expr):
            beside.add(id(node.value))
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in beside:
            yield node.value, node


@pytest.mark.parametrize("file", CODE, ids=named)
def test_the_code_has_no_path_of_a_route_but_beside_it(file):
    found = {text for text, _ in texts(file) if PATH.match(text)}
    assert {text for text in found if (file.name, text) not in KEPT} == set()


@pytest.mark.parametrize("file", TEMPLATES, ids=named)
def test_a_template_has_no_path_of_a_route(file):
    """Neither as an address, nor as the beginning or the end of one."""
    text = re.sub(r"\{#.*?#\}", "", file.read_text(), flags=re.DOTALL)
    addresses = re.findall(r'(?:href|action|src|data-suggest|content)="(/[^"]*)"', text)
    pieces = re.findall(r"""["'](/[a-z][^"']*)["']|(\}\}/[a-z{][^"]*)""", text)
    assert (addresses, pieces) == ([], [])


def calls_in_code(file: Path) -> Iterator[tuple[str, set[str] | None]]:
    """Yield the names that `url_for` and its like are called with, and the names of the values; None if these vary."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("url_for", "go", "next_page", "with_way_back"):
            given = {keyword.arg for keyword in node.keywords}
            for first in {one.value for one in ast.walk(node.args[0]) if isinstance(one, ast.Constant)}:
                if isinstance(first, str):
                    yield first, None if None in given else {str(name) for name in given}


def calls_in_template(file: Path) -> Iterator[tuple[str, set[str]]]:
    for call in re.findall(r"url_for\(((?:[^()]|\([^()]*\))*)\)", file.read_text()):
        if name := re.match(r'"([a-z_.]+)"(?:, |$)', call):
            yield name[1], set(re.findall(r"(?:^|, )(\w+)=", call))


@pytest.mark.parametrize("file", [*CODE, *TEMPLATES], ids=named)
def test_each_address_names_a_route_with_its_parameters_and_what_it_can_be_asked(file):
    calls = calls_in_code(file) if file.suffix == ".py" else calls_in_template(file)
    for name, given in calls:
        route = ROUTES[name]
        parameters = set(re.findall(r"\{(\w+)\}", route.path))
        assert given is None or parameters <= given, name
        known = {*parameters, *route.query, "_anchor", "status"}
        assert given is None or given <= known, f"{name} does not know {given - known}"


@pytest.mark.parametrize("file", [*CODE, *TEMPLATES], ids=named)
def test_whatever_looks_like_the_name_of_a_route_is_one(file):
    written = file.read_text() if file.suffix == ".html" else "\n".join(f'"{text}"' for text, _ in texts(file))
    looks = {
        name for name in re.findall(r'"((?:api\.)?[a-z_]+\.[a-z_]+)"', written) if name.rpartition(".")[0] in FILES
    }
    assert {name for name in looks if not name.endswith(FILE_NAMES)} <= ROUTES.keys()


@pytest.mark.parametrize("route", ROUTES.values(), ids=lambda route: route.name)
def test_the_address_of_a_route_leads_to_it(route):
    values = {"id": "0b8c0f2e-3c52-4c55-9d5b-8a8b5d4a1a10", "file": "style.css"}
    given = {name: values.get(name, "some-name") for name in re.findall(r"\{(\w+)\}", route.path)}
    assert ROUTER.find(route.method, url_for(route.name, **given)) == (route, given)


def test_an_address_is_quoted_and_leaves_out_what_is_none():
    assert url_for("bookings.show_booking", reference="a/b c?", done=None) == "/bookings/a%2Fb%20c%3F"
    asked = url_for("sessions.show_sessions", q="a&b=ü c", cursor=None, topic="x", _anchor="more")
    assert asked == "/sessions?q=a%26b%3D%C3%BC+c&topic=x#more"
    assert url_for("sign_in.show_sign_in", next="/interests?a=b&c=d") == "/sign-in?next=/interests%3Fa%3Db%26c%3Dd"


def test_an_address_of_a_route_that_is_not_there_or_lacks_a_parameter_is_a_mistake():
    with pytest.raises(KeyError):
        url_for("bookings.show_nothing")
    with pytest.raises(KeyError):
        url_for("bookings.show_booking")


def test_the_page_that_signing_in_leads_back_to_has_no_other_parameters_than_the_one_that_asked():
    for route in ROUTES.values():
        if route.back:
            given = dict.fromkeys(re.findall(r"\{(\w+)\}", route.path), "some-name")
            assert ROUTES[route.back].method == "GET"
            assert url_beside(route.back, given)


def test_a_name_is_that_of_the_file_s_table_and_of_the_handler():
    for route in ROUTES.values():
        assert route.name.rpartition(".")[2] == route.handler.__name__
        assert list(signature(route.handler).parameters) == ["call"]
