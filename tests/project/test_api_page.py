"""docs/api.md says what the route table, the schemas and the problems say: no route more, no field less."""

import re

from marshmallow import Schema

from gateway.assembly import SITE
from gateway.web.problems import PROBLEMS
from gateway.web.routing import API, Route
from tests.project.documents import page, quoted, rows

PAGE = page("docs/api.md")
ROUTES = {f"{route.method} {route.path.removeprefix(API)}": route for route in SITE.api}
ROWS = {cells[0].strip("`"): cells[1:] for cells in rows(PAGE) if re.match(r"`[A-Z]+ /", cells[0])}
UNWRAPPED = re.sub(r"\n +", " ", PAGE)
SHAPES = dict(re.findall(r"^- `(\w+)`: ((?:the fields of `\w+`, and )?`\{[^`]*\}`)", UNWRAPPED, re.MULTILINE))


def fields_of(schema: type[Schema]) -> set[str]:
    return {field.data_key or name for name, field in schema().fields.items()}


def fields_in(shape: str) -> set[str]:
    """Return the outermost names of `{a, b?: c|d, e: {f}}`, those of the shape that it adds to included."""
    added_to = re.match(r"the fields of `(\w+)`", shape)
    [written] = re.findall(r"`\{([^`]*)\}`", shape)
    while (flat := re.sub(r"[\[{][^\[\]{}]*[\]}]", "", written)) != written:
        written = flat
    names = {re.match(r"\w+", part.strip())[0] for part in written.split(",")}
    return names | (fields_in(SHAPES[added_to[1]]) if added_to else set())


def test_the_page_has_every_route_and_no_other():
    assert ROWS.keys() == ROUTES.keys()


def test_a_row_says_who_may():
    assert {name: cells[1] for name, cells in ROWS.items()} == {name: route.requires for name, route in ROUTES.items()}


def test_a_row_says_what_is_answered():
    assert [name for name, route in ROUTES.items() if not says_the_answer(route, ROWS[name][0])] == []


def test_a_row_says_all_that_the_route_takes():
    assert [name for name, route in ROUTES.items() if not says_what_it_takes(route, ROWS[name][0])] == []


def says_the_answer(route: Route, text: str) -> bool:
    """Say whether the row has the status, and the schema or the media type, of what the route answers."""
    answer = text.partition("→")[2]
    status = answer.split()[0].rstrip(".") == str(route.status)
    if route.returns is None or not fields_of(route.returns):
        return status and (route.media == "application/json" or route.media in quoted(answer))
    return status and route.returns.__name__ in quoted(answer) and ("list of" in answer) == route.lists


def says_what_it_takes(route: Route, text: str) -> bool:
    """Say whether the row has the query, the body, its media types, and the version that the route takes."""
    takes = text.partition("→")[0]
    query = re.findall(r"(\w+)=", takes) == [*route.query]
    version = "`If-Match`" in takes or not route.if_match or route.method == "PATCH"
    return query and version and takes_all(route, takes)


def takes_all(route: Route, takes: str) -> bool:
    """Say whether the body's schema is named, or each of its fields."""
    if route.body is None or not fields_of(route.body):
        return all(media in takes for media in route.takes)
    written = re.search(r"`\{[^`]*\}`", takes)
    return route.body.__name__ in quoted(takes) or bool(written and fields_in(written[0]) == fields_of(route.body))


def test_every_name_of_a_shape_is_explained():
    named = {name for cells in ROWS.values() for name in quoted(cells[0]) if re.fullmatch(r"[A-Z][A-Za-z]+", name)}
    assert named == SHAPES.keys()


def test_a_shape_has_the_fields_of_its_schema():
    schemas = {schema for route in ROUTES.values() for schema in (route.body, route.returns) if schema}
    named = {schema.__name__: fields_of(schema) for schema in schemas if schema.__name__ in SHAPES}
    assert {name: fields_in(shape) for name, shape in SHAPES.items()} == named


def test_the_page_has_every_problem_with_its_status():
    listed = {(slug, status) for status, *slugs in rows(PAGE) if status.isdigit() for slug in quoted(" ".join(slugs))}
    assert listed == {(slug, str(problem.status)) for slug, problem in PROBLEMS.items()}


def test_every_problem_that_is_named_is_one():
    assert set(re.findall(r"/problems/([a-z-]+)", PAGE)) <= PROBLEMS.keys()
