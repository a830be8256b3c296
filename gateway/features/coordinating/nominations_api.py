"""Nominating colleagues for a session, and who was nominated."""

from typing import Any, Final

from werkzeug.wrappers import Response

from gateway.parts.reading import LIST_QUERY
from gateway.projection import lists
from gateway.projection.call import Call
from gateway.web import responses
from gateway.web.routing import Routes
from services.registration import schemas as registration

routes = Routes("api.nominations", "Organisations")
SECONDS: Final = 30.0  # for as many people as are nominated at once


@routes.route(
    "POST",
    "/organisations/coordinated/{id}/nominations",
    "Nominate colleagues for a session",
    requires="coordinator",
    one_call=True,
    body=registration.coordinators.NominationsWanted,
    returns=registration.coordinators.NominationsMade,
    query=("dry_run",),
)
def nominate(call: Call) -> Response:
    """Up to 50 lines, each with an email address and a name where you know it; a line with a problem stops no other.

    They are booked, or go on the waiting list, and are emailed. The answer says nothing of who they are: see decision
    0047. With `dry_run=true` nothing is kept: the answer says what would happen.
    """
    named: dict[str, Any] = {"id": call.path["id"], "given": call.given, "timeout": SECONDS}
    if call.query().get("dry_run") == "true":
        return responses.private(call.registration("foresee_nominations", **named))
    return responses.private(call.registration("nominate", key=call.key, **named))


@routes.route(
    "GET",
    "/organisations/coordinated/{id}/nominations",
    "List who you nominated",
    requires="coordinator",
    one_call=True,
    returns=registration.coordinators.NominationView,
    lists=True,
    query=LIST_QUERY,
)
def list_nominations(call: Call) -> Response:
    """As you typed them, the latest first."""
    page = lists.page_wanted(call.query())
    return responses.private(call.registration("nominations", id=call.path["id"], **page))
