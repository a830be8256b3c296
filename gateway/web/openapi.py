"""The OpenAPI 3.1 document, made from the route table and the schemas that the services validate with."""

import re
from collections.abc import Callable, Iterable
from typing import Any

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from marshmallow import Schema

from gateway.web.problem_schemas import Problem
from gateway.web.problems import PROBLEMS
from gateway.web.routing import Route

Parameter = tuple[str, dict[str, Any]]  # what it is, and its JSON schema
Describe = Callable[[str, str], Parameter]  # by the tag of a route, and the name of a parameter of its query
NEXT = {"type": ["string", "null"], "description": "The cursor of the next page; null on the last."}
IF_MATCH = {"name": "If-Match", "in": "header", "required": True, "schema": {"type": "string"},
            "description": "The ETag of what you read."}  # fmt: skip
IF_NONE_MATCH = {"name": "If-None-Match", "in": "header", "schema": {"type": "string"},
                 "description": "The ETag of what you have."}  # fmt: skip


def _name_of(schema: Any) -> str:
    """Return the schema's name in the document; the gateway's own shapes and each service's apart."""
    kind = schema if isinstance(schema, type) else type(schema)
    module = kind.__module__.split(".")
    owner = "" if module[0] == "gateway" else module[1].capitalize()
    partial = "Change" if not isinstance(schema, type) and getattr(schema, "partial", None) else ""
    return f"{owner}{kind.__name__}{partial}"


def document(routes: Iterable[Route], describe: Describe, version: str, public_url: str) -> dict[str, Any]:
    """Return the document for these routes."""
    spec = APISpec(
        title="Headrow",
        version=version,
        openapi_version="3.1.0",
        plugins=[MarshmallowPlugin(schema_name_resolver=_name_of)],
        info={"description": "Sessions for a whole city’s health and care workforce: find one, book a place."},
        servers=[{"url": public_url}],
    )
    spec.components.security_scheme("token", {"type": "http", "scheme": "bearer"})
    spec.components.schema("Problem", schema=Problem)
    for route in routes:
        spec.path(path=route.path, operations={route.method.lower(): _operation(route, describe)})
    return dict(spec.to_dict())


def _operation(route: Route, describe: Describe) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "summary": route.summary,
        "description": f"{(route.handler.__doc__ or '').strip()} For: {_whom(route)}.",
        "operationId": f"{route.method.lower()}{re.sub(r'[^a-zA-Z0-9]+', '_', route.path)}",
        "tags": [route.tag],
        "parameters": list(_parameters(route, describe)),
        "responses": _responses(route),
    }
    if route.requires != "anyone":
        operation["security"] = [{"token": []}]
    if route.body is not None:
        content: dict[str, Any] = {"application/json": {"schema": _body(route)}}
        if route.csv:
            content["text/csv"] = {"schema": {"type": "string"}}
        operation["requestBody"] = {"required": not route.body_optional, "content": content}
    if route.takes:
        content = {media: {"schema": {"type": "string"}} for media in route.takes}
        operation["requestBody"] = {"required": True, "content": content}
    return operation


def _whom(route: Route) -> str:
    said = {
        "anyone": "anyone",
        "person": "whoever is signed in",
        "monitoring": "the role `operator`; where only this machine is served, the machine itself without a token",
        "coordinator": "the role `coordinator` of this organisation",
        "facilitator": f"the role `team`, or `facilitator` of {'this' if '{slug}' in route.path else 'the'} session",
    }
    return said.get(route.requires, f"the role `{route.requires}`")


def _body(route: Route) -> Any:
    assert route.body is not None
    return route.body(partial=True) if route.partial else route.body


def _parameters(route: Route, describe: Describe) -> Iterable[dict[str, Any]]:
    for name in re.findall(r"\{(\w+)\}", route.path):
        yield {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
    for name in route.query:
        description, schema = describe(route.tag, name)
        yield {"name": name, "in": "query", "description": description, "schema": schema}
    if route.if_match:
        yield IF_MATCH
    if route.method == "GET":
        yield IF_NONE_MATCH
    if route.method == "POST":
        yield {"name": "Idempotency-Key", "in": "header", "required": route.key_required,
               "schema": {"type": "string", "minLength": 1, "maxLength": 255},
               "description": "Makes repeating the request safe for 24 hours."}  # fmt: skip


def _responses(route: Route) -> dict[str, Any]:
    answer: dict[str, Any] = {"description": route.summary}
    if route.media != "application/json":
        answer["content"] = {route.media: {"schema": {"type": "object" if "json" in route.media else "string"}}}
    elif route.returns is not None:
        answer["content"] = {"application/json": {"schema": _shape(route.returns, route.lists)}}
    responses: dict[str, Any] = {str(route.status): answer}
    if route.method == "GET":
        responses["304"] = {"description": "You have it already."}
    for status in _refusals(route):
        titles = sorted({problem.title for problem in PROBLEMS.values() if problem.status == status})
        content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
        responses[str(status)] = {"description": "; ".join(titles) + ".", "content": content}
    return responses


def _shape(returns: type[Schema], lists_them: bool) -> Any:
    if not lists_them:
        return returns
    items = {"type": "array", "items": returns}
    return {"type": "object", "required": ["items", "next"], "properties": {"items": items, "next": NEXT}}


def _refusals(route: Route) -> Iterable[int]:
    yield from (429, 500, 503, *route.refuses)
    if route.requires != "anyone":
        yield from (401, 403)
    if "{" in route.path:
        yield 404
    if route.query:
        yield 422
    if route.method in ("POST", "PATCH") or route.body is not None:
        yield from (400, 409, 413, 415, 422)
    if route.if_match:
        yield 412
    if route.if_match or route.key_required:
        yield 428
