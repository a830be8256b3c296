"""Roles: who runs the programme, and who keeps the system running."""

from werkzeug.wrappers import Response

from gateway.parts.reading import LIST_QUERY
from gateway.projection import lists
from gateway.projection.call import Call
from gateway.web import responses
from gateway.web.routing import Routes, url_for
from services.registration import schemas as registration

routes = Routes("api.roles", "Roles")


@routes.route(
    "GET",
    "/roles",
    "List who has a role",
    requires="staff",
    one_call=True,
    returns=registration.RoleView,
    lists=True,
    query=LIST_QUERY,
)
def list_roles(call: Call) -> Response:
    """Who is of the team or an operator, since when, and by whose word; in the order in which they got the role."""
    return responses.private(call.registration("roles", **lists.page_wanted(call.query())))


@routes.route(
    "POST",
    "/roles",
    "Give a role",
    requires="staff",
    one_call=True,
    body=registration.RoleWanted,
    returns=registration.RoleView,
    status=201,
)
def give_role(call: Call) -> Response:
    """By their address; who has no account gets one. Whoever has the role keeps it as it was."""
    answer = call.registration("give_role", given=call.given, key=call.key)
    return responses.private(answer, 201, Location=url_for("api.roles.list_roles"))


@routes.route("DELETE", "/roles/{id}", "Take a role", requires="staff", one_call=True, status=204)
def take_role(call: Call) -> Response:
    """From now on; the person is signed out everywhere."""
    call.registration("take_role", id=call.path["id"])
    return responses.nothing(204)
