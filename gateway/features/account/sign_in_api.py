"""Signing in with a code that is mailed, and out again."""

from werkzeug.wrappers import Response

from gateway.parts.devices import device_of
from gateway.projection.call import Call
from gateway.web import responses
from gateway.web.routing import Routes
from services.registration import schemas as registration

routes = Routes("api.sign_in", "Sign-in")


@routes.route("POST", "/sign-in", "Ask for a sign-in code", requires="anyone", body=registration.SignIn, status=202)
def request_sign_in(call: Call) -> Response:
    """202 always: it never says whether the address is known."""
    call.registration("request_sign_in", given=call.given, address=call.address)
    return responses.nothing(202)


@routes.route(
    "POST",
    "/sign-in/confirm",
    "Exchange the code for a token",
    requires="anyone",
    refuses=(401,),
    body=registration.SignInConfirm,
    returns=registration.SignedIn,
)
def confirm_sign_in(call: Call) -> Response:
    """The token is shown this once."""
    device = device_of(call.request)
    return responses.private(call.registration("confirm_sign_in", given=call.given, device=device))


@routes.route("POST", "/sign-out", "Sign out", requires="person", status=204)
def sign_out(call: Call) -> Response:
    """The token is dead at once, on every gateway."""
    call.registration("sign_out", token=call.token)
    return responses.nothing(204)
