"""The route table: what each address takes, from whom, and what it answers; and the way from a path to a route."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Final, Literal

from marshmallow import Schema
from werkzeug.wrappers import Response

from gateway.errors import NoSuchMethod
from services.bus.refusals import NotFound

if TYPE_CHECKING:
    from gateway.call import Call

# facilitator: of this session; or the team. staff: the team, or an operator
May = Literal["anyone", "person", "facilitator", "team", "operator", "staff"]
Handler = Callable[["Call"], Response]

API: Final = "/api/v1"
SMALL: Final = 64 * 1024
LARGE: Final = 2 * 1024 * 1024
UUID: Final = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
PARAMETERS: Final = {"id": UUID, "file": r"[a-z0-9-]{1,60}\.[a-z0-9]{2,5}", "token": r"[A-Za-z0-9._-]{1,200}"}
NAME: Final = r"[A-Za-z0-9_-]{1,120}"  # a slug, a reference: anything else names nothing


@dataclass(frozen=True)
class Route:
    """One line of the table. `most` is how many bytes a body may have, `most_fields` how many fields a form;
    `query` describes the parameters.

    With `csv`, the body may also be a sheet, which is then the call's `sheet`. With `takes`, it is no JSON, but of one
    of these media types, and its bytes are the call's `content`. With `one_click`, it is what a mail program sends for
    its reader, who wants no more of such messages (RFC 8058).
    """

    method: str
    path: str
    handler: Handler = field(repr=False)
    may: May
    summary: str
    tag: str = ""
    body: type[Schema] | None = None
    body_optional: bool = False
    partial: bool = False
    returns: type[Schema] | None = None
    lists: bool = False
    status: int = 200
    media: str = "application/json"
    query: tuple[str, ...] = ()
    key_required: bool = False
    if_match: bool = False
    form: bool = False
    most_fields: int = 50
    csv: bool = False
    takes: tuple[str, ...] = ()
    one_click: bool = False
    most: int = SMALL

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """The paths that this route stands for."""
        parts = re.split(r"\{(\w+)\}", self.path)
        literal, names = parts[::2], [*parts[1::2], ""]
        return re.compile(
            "".join(re.escape(text) + _parameter(name) for text, name in zip(literal, names, strict=True))
        )


def _parameter(name: str) -> str:
    return f"(?P<{name}>{PARAMETERS.get(name, NAME)})" if name else ""


class Routes:
    """The routes that one file declares."""

    def __init__(self, tag: str, prefix: str = API) -> None:
        self.tag, self.prefix = tag, prefix
        self.table: list[Route] = []

    def route(self, method: str, path: str, may: May, summary: str, **what: object) -> Callable[[Handler], Handler]:
        """Declare that the function below answers `method` on `path`, for those who `may`."""

        def declare(handler: Handler) -> Handler:
            line = Route(method, self.prefix + path, handler, may, summary, self.tag, **what)  # type: ignore[arg-type]
            self.table.append(line)
            return handler

        return declare


class Router:
    """Finds the route of a request."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._fixed: dict[str, dict[str, Route]] = {}
        self._open: dict[str, tuple[re.Pattern[str], dict[str, Route]]] = {}
        for route in routes:
            methods = self._methods(route)
            if route.method in methods:
                raise ValueError(f"{route.method} {route.path} is declared twice")
            methods[route.method] = route

    def _methods(self, route: Route) -> dict[str, Route]:
        if "{" not in route.path:
            return self._fixed.setdefault(route.path, {})
        return self._open.setdefault(route.path, (route.pattern, {}))[1]

    def find(self, method: str, path: str) -> tuple[Route, dict[str, str]]:
        """Return the route and the path's parameters. Raises NotFound, NoSuchMethod."""
        methods, parameters = self._match(path)
        route = methods.get("GET" if method == "HEAD" else method)
        if route is None:
            raise NoSuchMethod(allow=allowed(methods))
        return route, parameters

    def methods(self, path: str) -> list[str]:
        """Return what `path` takes. Raises NotFound."""
        return allowed(self._match(path)[0])

    def _match(self, path: str) -> tuple[dict[str, Route], dict[str, str]]:
        if methods := self._fixed.get(path):
            return methods, {}
        for pattern, methods in self._open.values():
            if found := pattern.fullmatch(path):
                return methods, found.groupdict()
        raise NotFound("There is nothing at this address.")


def allowed(methods: Iterable[str]) -> list[str]:
    """Return the methods for an Allow header."""
    named = set(methods)
    return sorted(named | {"OPTIONS"} | ({"HEAD"} if "GET" in named else set()))
