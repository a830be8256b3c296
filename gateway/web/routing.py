"""The route table: what each address takes, from whom, and what it answers; from a path to a route, and back."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, get_args
from urllib.parse import quote, urlencode

from marshmallow import Schema
from werkzeug import exceptions
from werkzeug.routing import BaseConverter, Map, Rule
from werkzeug.wrappers import Response

from gateway.web.errors import NoSuchMethod
from services.runtime.refusals import NotFound

# person: anyone who is signed in. member: of the community. facilitator: of this session; or the team.
# coordinator: of this organisation.
# staff: the team, or an operator. monitoring: an operator; this machine itself, where nobody else is served.
# developer: someone who tries Headrow on their own machine; for anyone else there is nothing there.
Requires = Literal[
    "anyone", "person", "member", "facilitator", "coordinator", "team", "operator", "staff", "monitoring", "developer"
]
UNASKED: Final = ("anyone", "developer")  # nobody has to sign in
Handler = Callable[[Any], Response]  # takes a Call

API: Final = "/api/v1"
SMALL: Final = 64 * 1024
LARGE: Final = 2 * 1024 * 1024
UUID: Final = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"


class Slug(BaseConverter):
    """A slug, a reference: anything else names nothing."""

    regex = r"[A-Za-z0-9_-]{1,120}"


class Id(BaseConverter):
    """A UUID."""

    regex = UUID


class File(BaseConverter):
    """The name of a file."""

    regex = r"[a-z0-9-]{1,60}\.[a-z0-9]{2,5}"


class Token(BaseConverter):
    """What stands for somebody, or for a right."""

    regex = r"[A-Za-z0-9._-]{1,200}"


CONVERTERS: Final = {"slug": Slug, "id": Id, "file": File, "token": Token}  # any other parameter is a slug too


@dataclass(frozen=True)
class SignIn:
    """What a page says to people who must sign in to see it: what signing in is `to` do, and what comes `then`.

    `keeps` are the fields whose words are given back to people who were signed out while they wrote, with what each is
    called; `name-*` stands for all that begin so.
    """

    heading: str
    to: str
    then: str = "Then this page opens again."
    before: str = ""
    question: str = ""
    after: str = ""
    keeps: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Route:
    """One line of the table. `most` is how many bytes a body may have, `most_fields` how many fields a form;
    `query` describes the parameters. The OpenAPI document has it under its `tag`; without one, not at all.

    With `csv`, the body may also be a sheet, which is then the call's `sheet`. With `takes`, it is no JSON, but of one
    of these media types, and its bytes are the call's `content`. With `one_click`, it is what a mail program sends for
    its reader, who wants no more of such messages (RFC 8058).

    What is posted to a `page` is a form of ours, but for that click. A page asks people to sign in, by `sign_in` or a
    function that does it (the route then says what it `keeps`), and leads back to itself, or to the route that `back`
    names. It `explains` refusals: by their code, the template that does. What has an answer of its own to a form that
    was shown before someone signed in or out gives it by `if_stale`. Of a `private` one, no other site learns the
    address, and no cache keeps it.
    With `one_call`, registration looks at token and role when it is asked for the thing, and nobody does so before.
    """

    name: str
    method: str
    path: str
    handler: Handler = field(repr=False)
    requires: Requires
    summary: str
    tag: str = ""
    page: bool = False
    sign_in: SignIn | Handler | None = field(default=None, repr=False)
    keeps: Mapping[str, str] = field(default_factory=dict, repr=False)
    back: str = ""
    explains: Mapping[str, str] = field(default_factory=dict)
    if_stale: Callable[[Any], Response | None] | None = field(default=None, repr=False)
    private: bool = False
    one_call: bool = False
    body: type[Schema] | None = None
    body_optional: bool = False
    partial: bool = False
    returns: type[Schema] | None = None
    lists: bool = False
    status: int = 200
    refuses: tuple[int, ...] = ()  # with which statuses, beside those that follow from the rest
    media: str = "application/json"
    query: tuple[str, ...] = ()
    key_required: bool = False
    if_match: bool = False
    form: bool = False
    most_fields: int = 50
    files: bool = False  # whether a form may bring some
    csv: bool = False
    takes: tuple[str, ...] = ()
    one_click: bool = False
    most: int = SMALL

    @property
    def gives_back(self) -> Mapping[str, str]:
        """The fields whose words are given back to people whose form is not taken, with what each is called."""
        return self.sign_in.keeps if isinstance(self.sign_in, SignIn) else self.keeps

    @property
    def to_pass_on(self) -> bool:
        """Whether it is a page for anyone, whose address stands for nobody in particular."""
        is_public = self.page and self.method == "GET" and self.requires == "anyone"
        return is_public and not self.private and "{token}" not in self.path

    @property
    def looked_up_once(self) -> bool:
        """Whether the API leaves it to registration, when it is asked for the thing, to look at the token."""
        return self.requires == "person" or self.one_call

    @property
    def rule(self) -> Rule:
        """The paths that this route stands for."""
        path = re.sub(r"\{(\w+)\}", lambda found: f"<{_converter(found[1])}:{found[1]}>", self.path)
        return _Rule(path, methods=[self.method], endpoint=self.name)


def _converter(parameter: str) -> str:
    return parameter if parameter in CONVERTERS else "slug"


class _Rule(Rule):
    """A rule that only matches: the code that would build addresses takes ten times as long to make as all the rest."""

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        return lambda *_, **__: ("", "")


class Routes:
    """The routes that one file declares; `shared` is what they all say of themselves, unless one says otherwise."""

    def __init__(self, name: str, tag: str, prefix: str = API, **shared: object) -> None:
        self.name, self.tag, self.prefix, self.shared = name, tag, prefix, shared
        self.table: list[Route] = []

    def route(
        self, method: str, path: str, summary: str, *, requires: Requires | None = None, **what: object
    ) -> Callable[[Handler], Handler]:
        """Declare that the function below answers `method` on `path`, to those it `requires`.

        Raises ValueError where that is not said, or a page does not say how it asks people to sign in.
        """

        def declare(handler: Handler) -> Handler:
            options: dict[str, object] = {**self.shared, **what}
            if options.get("page") and method == "POST":
                options["form"] = not options.get("one_click")
            if fault := _fault(requires, options):
                raise ValueError(f"{handler.__module__}: {method} {self.prefix}{path} must say {fault}")
            name, whole = f"{self.name}.{handler.__name__}", self.prefix + path
            self.table.append(Route(name, method, whole, handler, requires, summary, self.tag, **options))  # type: ignore[arg-type]
            _addresses[name] = whole, tuple(re.findall(r"\{(\w+)\}", whole))
            return handler

        return declare


def page_routes(name: str, **shared: object) -> Routes:
    """Return the table of a file of pages."""
    return Routes(name, "", prefix="", page=True, media="text/html", **shared)


_addresses: Final[dict[str, tuple[str, tuple[str, ...]]]] = {}  # by the name of a route: its path and the parameters


def url_for(name: str, /, *, _anchor: str = "", **values: object) -> str:
    """Return the address of the route of this name, `file.handler`.

    `values` are the path's parameters; all others are its query, but for those that are None.
    """
    path, parameters = _addresses[name]
    if parameters:
        path = path.format_map({parameter: quote(str(values.pop(parameter)), safe="") for parameter in parameters})
    if query := {name: value for name, value in values.items() if value is not None}:
        path = f"{path}?{urlencode(query, safe='/')}"
    return f"{path}#{_anchor}" if _anchor else path


def url_beside(name: str, path: Mapping[str, str]) -> str:
    """Return the address of the route of this name, with those of another one's parameters that it has."""
    return url_for(name, **{parameter: path[parameter] for parameter in _addresses[name][1]})


def _fault(requires: str | None, options: Mapping[str, object]) -> str:
    """Return what a route does not say of who may use it; nothing where it says all."""
    if requires not in get_args(Requires):
        return f"who it requires, by one of {', '.join(get_args(Requires))}; not {requires}"
    asks = options.get("page") and requires not in UNASKED
    return "how it asks people to sign in, by sign_in" if asks and not options.get("sign_in") else ""


class Router:
    """Finds the route of a request."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._routes: dict[str, Route] = {}
        addresses = Map(converters=CONVERTERS, merge_slashes=False)
        declared: set[object] = set()
        for route in routes:
            if {route.name, (route.method, route.path)} & declared:
                raise ValueError(f"{route.method} {route.path}, {route.name}, is declared twice")
            declared |= {route.name, (route.method, route.path)}
            self._routes[route.name] = route
            addresses.add(route.rule)
        self._addresses = addresses.bind("")

    def find(self, method: str, path: str) -> tuple[Route, dict[str, str]]:
        """Return the route and the path's parameters. Raises NotFound, NoSuchMethod."""
        try:
            endpoint, parameters = self._addresses.match(path, method)
        except exceptions.MethodNotAllowed as error:
            raise NoSuchMethod(allow=_allowed(error.valid_methods or ())) from None
        except exceptions.HTTPException:
            raise NotFound("There is nothing at this address.") from None
        return self._routes[endpoint], dict(parameters)

    def methods(self, path: str) -> list[str]:
        """Return what `path` takes. Raises NotFound."""
        if methods := self._addresses.allowed_methods(path):
            return _allowed(methods)
        raise NotFound("There is nothing at this address.")


def _allowed(methods: Iterable[str]) -> list[str]:
    """Return the methods for an Allow header."""
    return sorted({*methods, "OPTIONS"})
