"""The audit record, to read: all of it for operators, and for the team what is of one person."""

from typing import Final

from werkzeug.wrappers import Response

from gateway.parts.reading import LIST_QUERY
from gateway.projection import lists
from gateway.projection.call import Call
from gateway.web import responses
from gateway.web.routing import Routes
from services.registration import schemas as registration

routes = Routes("api.audit", "Audit")
QUERY: Final = ("person", "action", "from", "to")


@routes.route(
    "GET",
    "/audit",
    "Read the audit record",
    requires="staff",
    one_call=True,
    returns=registration.AuditRow,
    lists=True,
    query=(*QUERY, *LIST_QUERY),
)
def read_audit(call: Call) -> Response:
    """The latest row first. The team may read it of one `person` only, by their id. Reading it is recorded as well."""
    query = call.query()
    given = {name: query[name] for name in QUERY if query.get(name)}
    return responses.private(call.registration("audit", given=given, **lists.page_wanted(query)))
