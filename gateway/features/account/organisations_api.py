"""The organisations that people come from, for forms that ask for one."""

from werkzeug.wrappers import Response

from gateway.projection.call import Call
from gateway.web import responses
from gateway.web.routing import Routes
from services.registration import schemas as registration

routes = Routes("api.organisations", "Organisations")


@routes.route(
    "GET",
    "/organisations",
    "List organisations",
    requires="person",
    returns=registration.OrganisationName,
    lists=True,
    query=("q", "sector"),
)
def list_organisations(call: Call) -> Response:
    """The 20 that the most people gave, and at least five; any other may be given as well."""
    query = call.query()
    return responses.private(
        call.registration("organisations", q=query.get("q", ""), sector=query.get("sector") or None)
    )
