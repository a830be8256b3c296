"""Tables: who sits with whom in a session, for those who run it; and for everybody where they sit themselves."""

import time
from typing import Final

from werkzeug.wrappers import Response

from gateway.projection.call import Call
from gateway.projection.read_model import Data
from gateway.web import conditional, responses
from gateway.web.call import Answer
from gateway.web.routing import Routes, url_for
from services.community import schemas as community

routes = Routes("api.tables", "Tables")
PATIENCE: Final = 25.0  # seconds that a request waits for tables to be made
PAUSE: Final = 0.25  # between two looks


@routes.route(
    "POST",
    "/sessions/{slug}/tables",
    "Make the tables of a session",
    requires="facilitator",
    body=community.TablesWanted,
    returns=community.TablesView,
    status=201,
)
def make_tables(call: Call) -> Response:
    """A draft, in place of the one that there is; `being_made` is true where it takes longer than a request may."""
    answer = call.community("plan_tables", slug=call.path["slug"], given=call.given, key=call.key)
    location = url_for("api.tables.read_tables", slug=answer.value["session"])
    return _told(when_made(call), 201, answer, Location=location)


@routes.route(
    "GET",
    "/sessions/{slug}/tables",
    "Read the tables of a session",
    requires="facilitator",
    returns=community.TablesView,
    query=("status",),
)
def read_tables(call: Call) -> Response:
    """The draft, where there is one, or what is published; or whichever is asked for."""
    view = tables_of(call, call.query().get("status"))
    content = responses.to_json(view)
    return responses.single(call, content, conditional.tag(content, view["version"]), personal=True)


@routes.route(
    "POST",
    "/sessions/{slug}/tables/move",
    "Seat somebody at another table",
    requires="facilitator",
    body=community.SeatMoved,
    returns=community.TablesView,
    if_match=True,
)
def move_seat(call: Call) -> Response:
    """In one round: at a table, or in exchange for somebody. What breaks a wish is done, and named in `broken`."""
    named = {"slug": call.path["slug"], "version": call.version, "given": call.given, "key": call.key}
    answer = call.community("move_seat", **named)
    return _told(tables_of(call), 200, answer)


@routes.route(
    "POST",
    "/sessions/{slug}/tables/update",
    "Seat who has come, and leave out who has gone",
    requires="facilitator",
    body=community.TablesUpdate,
    body_optional=True,
    returns=community.TablesView,
)
def update_tables(call: Call) -> Response:
    """With the fewest moves. Rounds that are over stay as they were."""
    answer = call.community("update_tables", slug=call.path["slug"], given=call.given, key=call.key)
    return _told(tables_of(call), 200, answer)


@routes.route(
    "POST",
    "/sessions/{slug}/tables/publish",
    "Tell people where they sit",
    requires="facilitator",
    returns=community.TablesView,
)
def publish_tables(call: Call) -> Response:
    """Each by email. Published again without a change, nobody is told again."""
    answer = call.community("publish_tables", slug=call.path["slug"], key=call.key)
    return _told(tables_of(call), 200, answer)


@routes.route(
    "GET", "/bookings/{reference}/table", "Read where you sit", requires="person", returns=community.OwnTables
)
def read_own_table(call: Call) -> Response:
    """The number of your table in each round, once they are published. Nobody else's name."""
    call.who()
    content = call.community("own_table", reference=call.path["reference"]).content
    return responses.single(call, content, conditional.tag(content), personal=True)


def tables_of(call: Call, status: str | None = None, **patience: float) -> Data:
    """Return the tables of the session that the address names. Raises NotFound, Invalid."""
    return dict(call.community("tables", slug=call.path["slug"], status=status, **patience).value)


def when_made(call: Call, patience: float = PATIENCE) -> Data:
    """Return the tables as soon as they are made, or as they are after some seconds of `patience`. Raises NotFound."""
    view = tables_of(call)
    for _ in range(round(patience / PAUSE)):
        if not view["being_made"]:
            break
        time.sleep(PAUSE)
        view = tables_of(call, timeout=patience)  # beyond what a request has for all that it asks
    return view


def _told(view: Data, status: int, answer: Answer, **headers: str) -> Response:
    content = responses.to_json(view)
    tag = conditional.tag(content, view["version"])
    return responses.written(content, status, answer.replayed, ETag=tag, **headers)
