"""The email addresses of someone else, for the team: seeing them, and removing one."""

from werkzeug.wrappers import Response

from gateway.projection.call import Call
from gateway.web import responses
from gateway.web.routing import Routes
from services.registration import schemas as registration

routes = Routes("api.people_addresses", "People")


@routes.route(
    "GET",
    "/people/{id}/addresses",
    "List the email addresses of a person",
    requires="team",
    returns=registration.EmailAddressView,
    lists=True,
)
def list_addresses(call: Call) -> Response:
    """The `primary` one first: emails go there. They can sign in with each of them."""
    return responses.private(call.registration("addresses_of", person=call.path["id"]))


@routes.route(
    "DELETE",
    "/people/{id}/addresses/{address}",
    "Remove an email address of a person",
    requires="team",
    status=204,
)
def remove_address(call: Call) -> Response:
    """They are signed out everywhere. All their addresses are told, this one too, and can undo it for 7 days."""
    call.registration("remove_address_of", person=call.path["id"], id=call.path["address"])
    return responses.nothing(204)
