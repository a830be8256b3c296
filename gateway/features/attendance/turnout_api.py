"""Attendance figures: who came of those who had a place, who did not, and who had cancelled."""

from werkzeug.wrappers import Response

from gateway.features.attendance.turnout import COLUMNS, QUERY, asked_of, cells_of
from gateway.parts.reading import LIST_QUERY
from gateway.projection import lists
from gateway.projection.call import Call
from gateway.web import conditional, responses
from gateway.web.documents.sheets import sheet_of
from gateway.web.routing import Routes
from services.registration import schemas as registration

routes = Routes("api.turnout", "Attendance")


@routes.route(
    "GET",
    "/attendance",
    "Read how many people came",
    requires="team",
    one_call=True,
    returns=registration.Turnout,
    query=(*QUERY, *LIST_QUERY),
)
def read_turnout(call: Call) -> Response:
    """Of the sessions that are over: how many people had a place, and how many of them came, did not, or had cancelled.

    Whoever had a place in two sessions counts in both.
    """
    page = lists.page_wanted(call.query())
    return responses.private(call.registration("turnout", given=asked_of(call), **page))


@routes.route("GET", "/attendance.csv", "Download how many people came", requires="team", media="text/csv", query=QUERY)
def download_turnout(call: Call) -> Response:
    """The same figures as a sheet, with whole percentages of those who had a place."""
    call.model.require_ready()
    content = sheet_of(COLUMNS, cells_of(call, call.query().get("by") or registration.GROUPS[0]))
    media = "text/csv; charset=utf-8; header=present"
    response = responses.single(call, content, conditional.tag(content), personal=True, media=media)
    response.headers["Content-Disposition"] = 'attachment; filename="attendance.csv"'
    return response
