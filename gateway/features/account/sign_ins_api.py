"""Where someone is signed in, and signing out there."""

from werkzeug.wrappers import Response

from gateway.projection.call import Call
from gateway.web import responses
from gateway.web.routing import Routes
from services.registration import schemas as registration

routes = Routes("api.sign_ins", "Me")


@routes.route(
    "GET",
    "/me/sign-ins",
    "List where you are signed in",
    requires="person",
    returns=registration.SignInView,
    lists=True,
)
def list_sign_ins(call: Call) -> Response:
    """The latest first. `current` is the one that asks; tokens that the command printed have no `device`."""
    return responses.private(call.registration("sign_ins"))


@routes.route("DELETE", "/me/sign-ins/{id}", "Sign out there", requires="person", status=204)
def end_sign_in(call: Call) -> Response:
    """Its token is dead at once, on every gateway."""
    call.registration("end_sign_in", id=call.path["id"])
    return responses.nothing(204)


@routes.route("DELETE", "/me/sign-ins", "Sign out everywhere", requires="person", status=204)
def end_sign_ins(call: Call) -> Response:
    """Also where you ask from: every token of yours is dead at once."""
    call.registration("end_sign_ins")
    return responses.nothing(204)
