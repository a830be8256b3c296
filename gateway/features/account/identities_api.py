"""The identity providers that someone signs in with, and what a provider tells us when they sign out there."""

from urllib.parse import parse_qs

from werkzeug.wrappers import Response

from gateway.projection.call import Call
from gateway.web import responses
from gateway.web.responses import PRIVATE
from gateway.web.routing import Routes
from services.registration import schemas as registration
from services.runtime.refusals import Refusal

routes = Routes("api.identities", "Me")
of_providers = Routes("provider_sign_out", "", prefix="")


@routes.route(
    "GET",
    "/me/identities",
    "List the identity providers that you sign in with",
    requires="person",
    returns=registration.IdentityView,
    lists=True,
)
def list_identities(call: Call) -> Response:
    """In the order in which they were added. A code by email works besides."""
    return responses.private(call.registration("identities"))


@routes.route(
    "DELETE", "/me/identities/{id}", "Stop signing in with an identity provider", requires="person", status=204
)
def remove_identity(call: Call) -> Response:
    """Whoever signed in with it is signed out, but where you ask from."""
    call.registration("remove_identity", id=call.path["id"])
    return responses.nothing(204)


@of_providers.route(
    "POST",
    "/sign-in/providers/{slug}/logout",
    "Be told by a provider that someone signed out",
    requires="anyone",
    takes=("application/x-www-form-urlencoded",),
)
def end_by_provider(call: Call) -> Response:
    """OpenID Connect Back-Channel Logout, 2.8: 200 once their sign-ins have ended, 400 where it is not believed."""
    tokens = parse_qs(call.content.decode("ascii", "replace")).get("logout_token", [])
    given = {"provider": call.path["slug"], "logout_token": tokens[0] if len(tokens) == 1 else ""}
    try:
        call.registration("end_by_provider", given=given)
    except Refusal as refusal:
        if refusal.code not in ("identity-refused", "invalid", "not-found"):
            raise
        return Response(b"", 400, PRIVATE)
    return Response(b"", 200, PRIVATE)
