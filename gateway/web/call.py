"""One request on its way through the gateway: what a handler needs to answer it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, Protocol, TypeVar
from urllib.parse import parse_qsl

from werkzeug.wrappers import Request, Response

from gateway.web import own_changes
from gateway.web.body import NOT_TEXT
from gateway.web.cookies import Cookies
from gateway.web.documents.typesetting import Typeset
from gateway.web.identity import Caller, Person, address_of
from gateway.web.kept_files import KeptFiles
from gateway.web.metrics import Metrics
from gateway.web.response_cache import Model, ResponseCache
from gateway.web.routing import Route, Router
from gateway.web.site import Site
from gateway.web.turns import Turns
from services.runtime.faults import Fault
from services.runtime.refusals import Invalid, NotSignedIn, Refusal, Unavailable
from services.runtime.settings import Settings

MOST_OF_A_PARAMETER = 1000  # characters
M = TypeVar("M", bound=Model)
M_co = TypeVar("M_co", bound=Model, covariant=True)


class Answer(Protocol):
    """What a service answered; `replayed` if it is the kept answer to the first request with the same key.

    `content` is the same as JSON, as the service wrote it. `announced` is the subject and the version of what the
    service announced last for it, if it did.
    """

    @property
    def value(self) -> Any: ...

    @property
    def content(self) -> bytes: ...

    @property
    def replayed(self) -> bool: ...

    @property
    def announced(self) -> tuple[str, int] | None: ...


class Peer(Protocol):
    """A service, as seen from here. Raises refusals.Refused and refusals.Unavailable."""

    def call(self, method: str, **named: Any) -> Answer: ...


@dataclass(frozen=True)
class Services:
    """The services that the gateway asks."""

    registration: Peer
    catalogue: Peer
    notifications: Peer
    community: Peer

    def until(self, end: float, ticks: Callable[[], float]) -> "Services":
        """Return the same, with all that is asked of them answered by `end`, as `ticks` counts seconds."""
        peers = (self.registration, self.catalogue, self.notifications, self.community)
        return Services(*(_InTime(peer, end, ticks) for peer in peers))


@dataclass(frozen=True)
class _InTime:
    """A service that has what is left of a request's time to answer, unless a call says how long it may take."""

    peer: Peer
    end: float
    ticks: Callable[[], float]

    def call(self, method: str, **named: Any) -> Answer:
        return self.peer.call(method, **{"timeout": max(0.001, self.end - self.ticks()), **named})


class Pages(Protocol):
    """What shows pages: see `layout.Pages`."""

    def show(self, call: Any, template: str, context: Callable[[], dict[str, Any]]) -> Response: ...

    def show_form(self, call: Any, template: str, status: int = 200, **context: Any) -> Response: ...

    def visitor(self, call: Any) -> Person | None: ...

    def is_signed_in(self, call: Any) -> bool: ...

    def docs(self, call: Any) -> Response: ...


class App(Protocol[M_co]):
    """What outlives a request, as far as a handler may use it: see `application.Application`."""

    @property
    def settings(self) -> Settings: ...

    @property
    def model(self) -> M_co: ...

    @property
    def cache(self) -> ResponseCache: ...

    @property
    def files(self) -> KeptFiles: ...

    @property
    def metrics(self) -> Metrics: ...

    @property
    def pages(self) -> Pages: ...

    @property
    def typeset(self) -> Typeset: ...

    @property
    def cookies(self) -> Cookies: ...

    @property
    def router(self) -> Router: ...

    @property
    def site(self) -> Site: ...

    @property
    def turns(self) -> Turns: ...

    @property
    def openapi(self) -> bytes: ...

    def trust(self, caller: Caller | None) -> None: ...


@dataclass
class Call(Generic[M]):
    """A request, and what has been found out about it so far."""

    request: Request
    app: App[M]
    services: Services
    route: Route
    path: dict[str, str]
    now: datetime
    caller: Caller | None = None  # as registration takes it
    person: Person | None = None  # what registration answered to `who`
    given: dict[str, Any] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)  # that a form brought, by its fields
    sheet: str | None = None  # the body, where it came as CSV
    content: bytes = b""  # the body, where it is neither
    key: str | None = None  # the Idempotency-Key
    version: int = 0  # that If-Match names
    member: bool | None = None  # whether the caller is one of the community's, once that was asked
    announced: tuple[str, int] | None = None  # the subject and the version that the catalogue announced last for it
    heard_of: tuple[str, int] | None = None  # what of that has been waited for
    in_vain: bool = False  # whether this gateway has not heard in time of what the visitor changed
    caught_up: bool = False  # whether that has been waited for

    @property
    def model(self) -> M:
        """The catalogue and the places left, with all that the visitor has just changed there."""
        if not self.caught_up:
            self.caught_up = True
            if self.caller is not None:
                self.in_vain = not own_changes.catch_up(self.request, self.app.cookies, self.app.model)
        return self.app.model

    def hear(self) -> None:
        """Wait until this gateway has heard of what the caller changed just now; once is enough."""
        if self.announced is not None and self.announced != self.heard_of:
            self.heard_of = self.announced
            own_changes.wait_for(self.app.model, self.announced)

    @property
    def address(self) -> str:
        """The network address that the request came from."""
        return address_of(self.request, self.app.settings.proxies)

    @property
    def token(self) -> str | None:
        """The hash of the caller's token."""
        return self.caller["token"] if self.caller else None

    def who(self) -> Person:
        """Return what registration knows of the caller. Raises NotSignedIn."""
        if self.caller is None:
            raise NotSignedIn
        if self.person is None:
            self.person = dict(self.registration("who").value)
        return self.person

    @property
    def _vouched(self) -> Caller | None:
        """What every other service takes for the person: nothing of them but what registration signed."""
        return {"assertion": self.person.get("assertion", "")} if self.person else None

    def is_team(self) -> bool:
        """Say whether a team member reads.

        One whose token is no good, or cannot be checked now, reads as the public.
        """
        if self.caller is None:
            return False
        try:
            return "team" in self.who()["roles"]
        except Refusal as refusal:
            if refusal.code in (NotSignedIn.code, Unavailable.code):
                return False
            raise

    def registration(self, method: str, **named: Any) -> Answer:
        """Ask registration, in the caller's name."""
        answer = self.services.registration.call(method, caller=self.caller, **named)
        if method == "who" or self.route.looked_up_once:  # what anyone may ask says nothing of the token
            self.app.trust(self.caller)
        return answer

    def catalogue(self, method: str, **named: Any) -> Answer:
        """Ask the catalogue, in the name of the person whose role was checked."""
        answer = self.services.catalogue.call(method, caller=self._vouched, **named)
        self.announced = answer.announced or self.announced
        return answer

    def notifications(self, method: str, **named: Any) -> Answer:
        """Ask notifications, in the name of the person whose role was checked."""
        return self.services.notifications.call(method, caller=self._vouched, **named)

    def community(self, method: str, **named: Any) -> Answer:
        """Ask the community, in the name of the person whose role was checked."""
        return self.services.community.call(method, caller=self._vouched, **named)

    def query(self, most: int = MOST_OF_A_PARAMETER) -> dict[str, str]:
        """Return the query's parameters that the route knows, of so many characters at most; the first of each.

        Raises Invalid.
        """
        text = self.request.environ.get("QUERY_STRING", "")
        if not text:
            return {}
        try:
            pairs = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=50)
        except ValueError as error:
            raise Invalid.field("", "not-a-query") from error
        known = {name: value for name, value in reversed(pairs) if name in self.route.query}
        wrong = [name for name, value in known.items() if NOT_TEXT.search(value) or len(value) > most]
        if wrong:
            raise Invalid([Fault("not-a-parameter", {"max": most}).at(name) for name in wrong])
        return known


AnyCall = Call[Any]  # a request in which nothing is asked of the model but what every model has
