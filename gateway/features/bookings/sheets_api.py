"""A session's bookings as a sheet, for whoever works with the list outside of Headrow."""

from collections.abc import Iterator
from typing import Any

from werkzeug.wrappers import Response

from gateway.features.bookings.sheets import COLUMNS, booking_cells
from gateway.parts.asked_questions import in_words
from gateway.parts.team_views import all_rows
from gateway.projection import lists
from gateway.projection.call import Call
from gateway.projection.read_model import Data
from gateway.web import conditional, responses
from gateway.web.documents.sheets import sheet_of
from gateway.web.routing import Routes

routes = Routes("api.booking_sheets", "Bookings")


@routes.route(
    "GET",
    "/sessions/{slug}/bookings.csv",
    "Download a session's bookings",
    requires="team",
    media="text/csv",
    query=("state",),
)
def download_session_bookings(call: Call) -> Response:
    """All of them, in the order in which they were made, or those in one state. Times are the city's.

    The last columns are what the session asks.
    """
    call.model.require_ready()
    said = {row["reference"]: row["answers"] for row in all_rows(call, "session_answers", slug=call.path["slug"])}
    asked = call.registration("answer_totals", slug=call.path["slug"]).value["items"] if said else []
    rows = (
        [*booking_cells(booking, call.model), *(in_words(_said(said, booking, one)) for one in asked)]
        for booking in _all_bookings(call)
    )
    content = sheet_of([*COLUMNS, *(one["text"] for one in asked)], rows)
    media = "text/csv; charset=utf-8; header=present"
    response = responses.single(call, content, conditional.tag(content), personal=True, media=media)
    response.headers["Content-Disposition"] = f'attachment; filename="{call.path["slug"]}-bookings.csv"'
    return response


def _said(said: Data, booking: Data, question: Data) -> Any:
    return said.get(booking["reference"], {}).get(question["id"])


def _all_bookings(call: Call) -> Iterator[Data]:
    """Page through the list: none is left out or repeated while others are made."""
    wanted = {"slug": call.path["slug"], "state": call.query().get("state"), "limit": lists.MOST}
    for page in lists.pages(lambda cursor: call.registration("session_bookings", cursor=cursor, **wanted).value):
        yield from page["items"]
