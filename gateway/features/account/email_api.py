"""Changing the address that the caller signs in with."""

from werkzeug.wrappers import Response

from gateway.projection.call import Call
from gateway.web import responses
from gateway.web.routing import Routes
from services.registration import schemas as registration

routes = Routes("api.email", "Me")


@routes.route(
    "POST",
    "/me/email",
    "Ask to change your email address",
    requires="person",
    body=registration.EmailWanted,
    status=202,
)
def change_email(call: Call) -> Response:
    """Sends a code there. 202 also where the address has an account: its owner is told, and no code is right."""
    call.registration("change_email", given=call.given, address=call.address, key=call.key)
    return responses.nothing(202)


@routes.route(
    "POST",
    "/me/email/confirm",
    "Change your email address",
    requires="person",
    body=registration.EmailConfirm,
    returns=registration.PersonView,
)
def confirm_email(call: Call) -> Response:
    """The new address counts from now on, and all your other sign-ins end. The old one can undo it for 7 days."""
    return responses.private(call.registration("confirm_email", given=call.given, key=call.key))
