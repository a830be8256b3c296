"""What coordinators of an organisation read, and whether people let them."""

from werkzeug.wrappers import Response

from gateway.features.coordinating.sheets import COLUMNS, place_cells
from gateway.parts.reading import LIST_QUERY
from gateway.parts.team_views import all_rows
from gateway.projection import lists
from gateway.projection.call import Call
from gateway.web import conditional, responses
from gateway.web.documents.sheets import sheet_of
from gateway.web.routing import Routes
from services.registration import schemas as registration

routes = Routes("api.coordinating", "Organisations")


@routes.route(
    "GET",
    "/organisations/coordinated",
    "List the organisations that you coordinate",
    requires="person",
    returns=registration.coordinators.Coordinated,
    lists=True,
)
def list_coordinated(call: Call) -> Response:
    """Each with the id by which you coordinate it."""
    return responses.private(call.registration("coordinated"))


@routes.route(
    "GET",
    "/organisations/coordinated/{id}/places",
    "List the places of your people",
    requires="coordinator",
    one_call=True,
    returns=registration.coordinators.PlaceShared,
    lists=True,
    query=LIST_QUERY,
)
def list_places(call: Call) -> Response:
    """Of those who work there and agreed to it, in sessions that were not over when they did."""
    page = lists.page_wanted(call.query())
    return responses.private(call.registration("shared_places", id=call.path["id"], **page))


@routes.route(
    "GET",
    "/organisations/coordinated/{id}/places.csv",
    "Download the places of your people",
    requires="coordinator",
    media="text/csv",
)
def download_places(call: Call) -> Response:
    """The same, as a sheet. Times are the city’s."""
    content = sheet_of(COLUMNS, (place_cells(row) for row in all_rows(call, "shared_places", id=call.path["id"])))
    media = "text/csv; charset=utf-8; header=present"
    response = responses.single(call, content, conditional.tag(content), personal=True, media=media)
    response.headers["Content-Disposition"] = 'attachment; filename="places.csv"'
    return response


@routes.route(
    "GET",
    "/me/sharing",
    "Read who sees your bookings",
    requires="person",
    returns=registration.coordinators.SharingView,
)
def read_sharing(call: Call) -> Response:
    """Whether the coordinators of your organisation see your places and attendance, and who they are today."""
    return responses.private(call.registration("sharing"))


@routes.route(
    "POST",
    "/me/sharing",
    "Change who sees your bookings",
    requires="person",
    body=registration.coordinators.SharingWanted,
    returns=registration.coordinators.SharingView,
)
def change_sharing(call: Call) -> Response:
    """From now on, until you end it or your organisation changes. It ends at once."""
    return responses.private(call.registration("change_sharing", given=call.given, key=call.key))
