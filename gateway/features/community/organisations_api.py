"""Organisations that the team has confirmed: their people may join the community."""

from werkzeug.wrappers import Response

from gateway.parts.reading import LIST_QUERY
from gateway.projection import lists
from gateway.projection.call import Call
from gateway.web import responses
from gateway.web.routing import Routes, url_for
from services.community import schemas as community

routes = Routes("api.confirmed_organisations", "Organisations")


@routes.route(
    "GET",
    "/organisations/confirmed",
    "List confirmed organisations",
    requires="team",
    returns=community.ConfirmedOrganisationView,
    lists=True,
    query=LIST_QUERY,
)
def list_confirmed(call: Call) -> Response:
    """Those confirmed last first."""
    return responses.private(call.community("confirmed_organisations", **lists.page_wanted(call.query())))


@routes.route(
    "POST",
    "/organisations/confirmed",
    "Confirm an organisation",
    requires="team",
    body=community.OrganisationConfirmed,
    returns=community.ConfirmedOrganisationView,
    status=201,
)
def confirm(call: Call) -> Response:
    """By its name as people type it; case and spaces make no other name. The same again changes its email domain."""
    answer = call.community("confirm_organisation", given=call.given, key=call.key)
    return responses.private(answer, 201, Location=url_for("api.confirmed_organisations.list_confirmed"))


@routes.route("DELETE", "/organisations/confirmed/{id}", "Withdraw a confirmation", requires="team", status=204)
def withdraw(call: Call) -> Response:
    """Whoever has joined meanwhile stays a member."""
    call.community("withdraw_organisation", id=call.path["id"])
    return responses.nothing(204)
