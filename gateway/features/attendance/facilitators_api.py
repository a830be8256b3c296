"""Facilitators: whom the team has run a session with it, and whom they may expect there."""

from werkzeug.wrappers import Response

from gateway.parts.reading import LIST_QUERY
from gateway.projection import lists
from gateway.projection.call import Call
from gateway.web import responses
from gateway.web.routing import Routes, url_for
from services.registration import schemas as registration

routes = Routes("api.facilitators", "Facilitators")


@routes.route(
    "POST",
    "/sessions/{slug}/facilitators",
    "Have somebody facilitate a session",
    requires="staff",
    one_call=True,
    body=registration.FacilitatorWanted,
    returns=registration.FacilitatorView,
    status=201,
)
def name_facilitator(call: Call) -> Response:
    """By their address; who has no account gets one, and they are told. Who was named already stays as they were.

    It lasts until it is taken back, or until two weeks after the session.
    """
    slug = call.path["slug"]
    answer = call.registration("name_facilitator", slug=slug, given=call.given, key=call.key)
    return responses.private(answer, 201, Location=url_for("api.facilitators.list_facilitators", slug=slug))


@routes.route(
    "GET",
    "/sessions/{slug}/facilitators",
    "List who facilitates a session",
    requires="team",
    one_call=True,
    returns=registration.FacilitatorView,
    lists=True,
    query=LIST_QUERY,
)
def list_facilitators(call: Call) -> Response:
    """In the order in which they were named, and by whom."""
    page = lists.page_wanted(call.query())
    return responses.private(call.registration("facilitators", slug=call.path["slug"], **page))


@routes.route(
    "GET",
    "/facilitators",
    "List who facilitates any session",
    requires="staff",
    one_call=True,
    returns=registration.FacilitatorView,
    lists=True,
    query=LIST_QUERY,
)
def list_all(call: Call) -> Response:
    """Now: from when they were named to two weeks after the session. In the order in which they were named."""
    return responses.private(call.registration("all_facilitators", **lists.page_wanted(call.query())))


@routes.route(
    "DELETE",
    "/sessions/{slug}/facilitators/{id}",
    "Have somebody facilitate a session no more",
    requires="staff",
    one_call=True,
    status=204,
)
def take_back_facilitator(call: Call) -> Response:
    """From now on; the person is signed out everywhere. They are not told."""
    call.registration("take_back_facilitator", slug=call.path["slug"], id=call.path["id"])
    return responses.nothing(204)


@routes.route(
    "GET",
    "/sessions/{slug}/expected",
    "List who is expected at a session",
    requires="facilitator",
    one_call=True,
    returns=registration.Expected,
    lists=True,
    query=LIST_QUERY,
)
def list_expected(call: Call) -> Response:
    """Who has a place, and where they work; nobody's address, and nothing that anybody needs."""
    page = lists.page_wanted(call.query())
    return responses.private(call.registration("expected", slug=call.path["slug"], **page))
