"""Moving a booking to another session of its programme: which ones there are, what will happen, and a button."""

from typing import Any, Final

from werkzeug.wrappers import Response

from gateway.features.bookings.pages import CLASH, SIGN_IN, own_booking
from gateway.parts.own_bookings import NOT_YOURS, how_it_stands
from gateway.projection.call import Call
from gateway.projection.read_model import Data, Session
from gateway.projection.rows import SessionView
from gateway.projection.views import session_view
from gateway.web.pages.forms import key_of, new_key
from gateway.web.pages.layout import go
from gateway.web.routing import page_routes
from services.runtime.refusals import Invalid, KeyInUse, KeyReused, NotFound, Refusal

routes = page_routes("moves", sign_in=SIGN_IN, explains=NOT_YOURS)
LIVE: Final = ("confirmed", "waiting", "offered")
CHOOSE: Final = "Choose the session that you want to move to"
ON_THE_FORM: Final = {
    "session-full": "That session is full now. You keep the place that you have. Choose another one",
    "already-booked": "You have booked that session already. Choose another one",
    "session-cancelled": "That session will not take place. Choose another one",
    "booking-closed": "That session cannot be booked now. Choose another one",
    Invalid.code: CHOOSE,
    NotFound.code: CHOOSE,
    KeyReused.code: CHOOSE,
}


@routes.route("GET", "/bookings/{reference}/move", "Move your booking", requires="person")
def show_move(call: Call) -> Response:
    """The other sessions of the programme that have places."""
    return _show(call, own_booking(call))


@routes.route("POST", "/bookings/{reference}/move", "Move your booking", requires="person", one_call=True)
def move(call: Call) -> Response:
    """Leads to the booking, which is for the other session now; or says what is in the way."""
    if not call.given.get("session"):
        return _show(call, own_booking(call), 422, errors={"session": CHOOSE})
    clash = {"allow_clash": True} if call.given.get("allow_clash") == call.given["session"] else {}
    given = {"session": call.given["session"], **clash}
    try:
        call.registration("move", reference=call.path["reference"], given=given, key=key_of(call), own=True)
    except Refusal as refusal:
        if refusal.code != KeyInUse.code:  # the first press is still under way
            return _not_moved(call, refusal)
    return go("bookings.show_booking", reference=call.path["reference"].upper(), done="moved")


def _not_moved(call: Call, refusal: Refusal) -> Response:
    """Show what is in the way. Raises the refusal if it is none of those that a page explains."""
    if refusal.code == CLASH:
        return _show(call, own_booking(call), 409, chosen=call.given["session"], clash=refusal.detail)
    if refusal.code not in ON_THE_FORM:
        raise refusal
    return _show(call, own_booking(call), 422, errors={"session": ON_THE_FORM[refusal.code]})


def _show(call: Call, seen: Data, status: int = 200, **more: Any) -> Response:
    session = call.model.sessions.get(seen["session"])
    stands = how_it_stands(seen, call.now)
    if session is None or stands not in LIVE or session.starts_at <= call.now:
        return call.app.pages.show_form(call, "booking_not_movable.html", 409, seen=seen, stands=stands)
    others = _others(call, session) if status != 409 else _others(call, session, also=str(more.get("chosen")))
    context = {"chosen": None, "clash": None, "errors": {}, **more, "others": others, "key": new_key()}
    return call.app.pages.show_form(call, "booking_move.html", status, seen=seen, stands=stands, **context)


def _others(call: Call, session: Session, also: str | None = None) -> list[SessionView]:
    """Return the other sessions of the programme that have a place for everybody, the soonest first."""
    views = [
        session_view(call.model, other, call.now, call.app.settings.public_url)
        for other in sorted(call.model.sessions.values(), key=lambda one: one.starts_at)
        if other.data["programme"] == session.data["programme"] and other.data["slug"] != session.data["slug"]
    ]
    return [view for view in views if view["booking"] == "open" or view["slug"] == also]
