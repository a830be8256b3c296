"""The whole catalogue at once, in and out; for operators, with the people, their bookings and their attendance."""

import time
from collections.abc import Callable, Iterator
from typing import Any, Final

from werkzeug.wrappers import Response

from gateway.projection import lists, response_schemas
from gateway.projection.call import Call
from gateway.web import responses
from gateway.web.routing import Routes
from services.bus import audit
from services.catalogue import schemas as catalogue
from services.runtime.refusals import NotAllowed, Unavailable

routes = Routes("api.imports", "Import and export")
IMPORT_SECONDS: Final = 30.0
PEOPLE_SECONDS: Final = 300.0
MOST: Final = 8 * 1024 * 1024  # one message on the bus: brokers take 16 MB
PARTS: Final = ("questions", "people", "bookings", "attendance")
HEARD_WITHIN: Final = 20.0  # seconds in which registration is to have heard of the sessions
PAUSE: Final = 0.2


@routes.route(
    "POST",
    "/import",
    "Import a programme",
    requires="staff",
    body=catalogue.AnyObject,
    returns=response_schemas.Counts,
    most=MOST,
)
def import_programme(call: Call) -> Response:
    """All or nothing; what is there already does not change. A file with people is for operators.

    The catalogue comes first, and the people, bookings and attendance after that: all of these or none.
    """
    parts = {name: call.given[name] for name in PARTS if name in call.given}
    if not parts:
        _check_role(call, "team")
        return responses.private(_import_catalogue(call, call.given))
    _check_role(call, "operator")
    counts = _import_catalogue(call, {name: part for name, part in call.given.items() if name not in PARTS}).value
    _wait_for_sessions(call)
    answer = call.registration("import_people", given=parts, key=call.key, timeout=PEOPLE_SECONDS)
    taken = answer.value
    both = {name: {**counts[name], **taken.get(name, {})} for name in counts}
    return responses.written(responses.to_json({**both, "left_out": taken["left_out"]}), replayed=answer.replayed)


@routes.route(
    "GET", "/export", "Export the catalogue", requires="staff", returns=catalogue.AnyObject, query=("people",)
)
def export(call: Call) -> Response:
    """In the shape that can be imported. With `people=true`, for operators, with people, bookings and attendance."""
    if call.query().get("people") != "true":
        _check_role(call, "team")
        return responses.private(call.catalogue("export", timeout=IMPORT_SECONDS))
    _check_role(call, "operator")
    with audit.exporting():
        people = _people(call)
        emails = _emails(call)  # after the people: of everyone in the file, what they have chosen by now
    for row in people["people"]:
        row["emails"] = emails.get(row["id"])
    whole = {**call.catalogue("export", cancelled=True, timeout=IMPORT_SECONDS).value, **people}
    return responses.written(responses.to_json(whole), Content_Disposition='attachment; filename="headrow-export.json"')


def _check_role(call: Call, role: str) -> None:
    """Raise NotAllowed unless the caller has that role: the route is open to both."""
    if role not in call.who()["roles"]:
        raise NotAllowed


def _import_catalogue(call: Call, given: dict[str, Any]) -> Any:
    return call.catalogue("import_programme", given=given, key=call.key, timeout=IMPORT_SECONDS)


def _people(call: Call) -> dict[str, list[Any]]:
    """Return what registration holds, read page by page: bookings first, so that nobody in them is missed after."""
    found: dict[str, list[Any]] = {name: [] for name in PARTS}
    for part in ("bookings", "questions", "people"):
        for page in _pages(call.registration, "export_people", part=part):
            for name in PARTS:
                found[name] += page.get(name, [])
    return found


def _emails(call: Call) -> dict[str, Any]:
    """Return what notifications holds of people, by their ids: `{unwanted, undeliverable}`, read page by page."""
    found: dict[str, Any] = {}
    for page in _pages(call.notifications, "export_choices"):
        found |= page["people"]
    return found


def _pages(service: Callable[..., Any], method: str, **named: Any) -> Iterator[Any]:
    return lists.pages(lambda cursor: service(method, cursor=cursor, timeout=IMPORT_SECONDS, **named).value)


def _wait_for_sessions(call: Call) -> None:
    """Wait until registration has heard of all that is in the catalogue now. Raises Unavailable."""
    versions = call.catalogue("session_versions").value
    until = time.monotonic() + HEARD_WITHIN
    while call.registration("sessions_behind", versions=versions).value:
        if time.monotonic() > until:
            raise Unavailable("The catalogue was imported, but not all of it is known yet. Import the same file again.")
        time.sleep(PAUSE)
