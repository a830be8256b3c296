"""How every resource of the catalogue is read: from the cache for everybody, from its service for the team."""

from collections.abc import Callable, Sequence
from typing import Any, Literal, TypeVar, overload

from werkzeug.wrappers import Response

from gateway.projection.call import Call
from gateway.projection.lists import Page
from gateway.projection.read_model import Data, Session, Thing
from gateway.web import responses
from services.runtime.refusals import NotFound, Refusal

LIST_QUERY = ("limit", "cursor")
T = TypeVar("T", bound=Thing)


def listed(
    call: Call, find: Callable[[dict[str, str]], Page[T]], show: Callable[[T], bytes], view: str = ""
) -> Response:
    """Answer a list. `show` writes one row; `view` tells lists apart that are not the same for all."""
    call.model.require_ready()
    query = call.query()

    def write() -> bytes:
        page = find(query)
        return list_of([show(row) for row in page.rows], page.next)

    written = call.app.cache.get((call.route.path, view, tuple(sorted(query.items()))), call.now, write)
    return responses.single(call, written.content, written.etag, personal=bool(view))


def list_of(rows: Sequence[bytes], after: str | None) -> bytes:
    """Return a page of a list as JSON: rows that are written already, and the cursor of those that follow."""
    return b'{"items":[' + b",".join(rows) + b'],"next":' + responses.to_json(after) + b"}"


@overload
def known(call: Call, kind: Literal["sessions"], name: str) -> Session: ...


@overload
def known(call: Call, kind: str, name: str) -> Any: ...


def known(call: Call, kind: str, name: str) -> Thing:
    """Return a thing from the read model. Raises NotFound, NotReady."""
    call.model.require_ready()
    thing = call.model.get(kind, name)
    if thing is None:
        raise NotFound("There is nothing of this name.")
    return thing


def latest(call: Call, method: str, **named: str) -> Data | None:
    """Return what the catalogue holds of a thing at this moment; None where there is no such thing."""
    try:
        return dict(call.catalogue(method, **named).value)
    except Refusal as refusal:
        if refusal.code == NotFound.code:
            return None
        raise
