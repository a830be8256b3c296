"""Coordinators: who the team has look after the people of an organisation."""

from werkzeug.wrappers import Response

from gateway.parts.reading import LIST_QUERY
from gateway.projection import lists
from gateway.projection.call import Call
from gateway.web import responses
from gateway.web.routing import Routes, url_for
from services.registration import schemas as registration

routes = Routes("api.coordinators", "Organisations")


@routes.route(
    "POST",
    "/organisations/coordinators",
    "Name a coordinator of an organisation",
    requires="team",
    one_call=True,
    body=registration.coordinators.CoordinatorWanted,
    returns=registration.coordinators.CoordinatorView,
    status=201,
)
def name_coordinator(call: Call) -> Response:
    """By their address; who has no account gets one, and they are told. Who was named already stays as they were.

    `organisation` is its name as people write it in their details. It lasts until it is taken back.
    """
    answer = call.registration("name_coordinator", given=call.given, key=call.key)
    return responses.private(answer, 201, Location=url_for("api.coordinators.list_coordinators"))


@routes.route(
    "GET",
    "/organisations/coordinators",
    "List coordinators",
    requires="team",
    one_call=True,
    returns=registration.coordinators.CoordinatorView,
    lists=True,
    query=("organisation", *LIST_QUERY),
)
def list_coordinators(call: Call) -> Response:
    """In the order in which they were named, with who named them: of one organisation, or of all."""
    query = call.query()
    given = {"organisation": query["organisation"]} if query.get("organisation") else {}
    return responses.private(call.registration("coordinators", given=given, **lists.page_wanted(query)))


@routes.route(
    "DELETE", "/organisations/coordinators/{id}", "Remove a coordinator", requires="team", one_call=True, status=204
)
def take_back_coordinator(call: Call) -> Response:
    """From now on; the person is signed out everywhere. What they typed to nominate people goes, the bookings stay."""
    call.registration("take_back_coordinator", id=call.path["id"])
    return responses.nothing(204)
