"""My places: what one is coming to, waits for, is offered, and has been to."""

from typing import Final

from werkzeug.wrappers import Response

from gateway.features.bookings.pages import tables_of
from gateway.parts.own_bookings import told_of
from gateway.projection.call import Call
from gateway.projection.read_model import Data
from gateway.projection.rows import BookingRow
from gateway.projection.views import status_of
from gateway.web.routing import SignIn, page_routes

routes = page_routes("places", sign_in=SignIn("My places", "to see your places"))
AT_ONCE: Final = 100  # bookings on a page
BEEN_TO: Final = ("attended", "partly_attended", "confirmed")
GROUPS: Final = {
    **{"offered": "offered", "confirmed": "coming", "waiting": "waiting", "attended": "past"},
    **{"partly_attended": "past", "absent": "past", "over": "past", "expired": "waiting"},
    **{"cancelled": "ended", "session_cancelled": "ended"},
}


@routes.route("GET", "/bookings", "My places", requires="person", query=("cursor",))
def show_places(call: Call) -> Response:
    """What needs an answer first, then what is coming up, the soonest first."""
    call.model.require_ready()
    page = call.registration("bookings", cursor=call.query().get("cursor"), limit=AT_ONCE).value
    shown = [place for booking in page["items"] if (place := _place(call, booking)) is not None]
    groups = {group: [place for place in shown if place["group"] == group] for group in set(GROUPS.values())}
    for group, places in groups.items():
        places.sort(key=lambda place: place["starts_at"], reverse=group in ("past", "ended"))
    _tell_feedback_and_pledges(call, [place for place in groups["past"] if place["state"] in BEEN_TO])
    seats = tables_of(call, [place["reference"] for place in groups["coming"]])
    for place in groups["coming"]:
        place["tables"] = seats.get(place["reference"])
    later = "cursor" in call.query()
    return call.app.pages.show_form(call, "places.html", groups=groups, next=page["next"], later=later)


def _place(call: Call, booking: BookingRow) -> Data | None:
    """Return a booking with its session, as the page shows it; None while the session has not been heard of."""
    session = call.model.sessions.get(booking["session"])
    if session is None:
        return None
    status = status_of(session, call.now)
    told = told_of(booking, status, call.now)
    stands = told["stands"]
    return {
        **told,
        **{name: session.data[name] for name in ("title", "meetings", "venue", "waiting_list", "delivery")},
        **{"starts_at": session.starts_at, "feedback": None, "pledge": None},
        "group": "past" if stands == "confirmed" and status == "finished" else GROUPS[stands],
        "begun": session.starts_at <= call.now,
        "to_answer": bool(told.get("asks")) and not told.get("answered", True) and call.now < session.starts_at,
    }


def _tell_feedback_and_pledges(call: Call, places: list[Data]) -> None:
    """Note with each place whether its form is `open` or was `given`, nothing where it is closed; and its pledge."""
    if places:
        asked = [place["reference"] for place in places]
        answer = call.registration("feedback_forms", references=asked).value
        told = {form["reference"]: "given" if form["given"] else "open" for form in answer["items"]}
        pledges = {pledge["reference"]: pledge for pledge in answer["pledges"]}
        for place in places:
            place["feedback"], place["pledge"] = told.get(place["reference"]), pledges.get(place["reference"])
