"""Giving one's place to a colleague: who it is for, and a button."""

from collections.abc import Mapping
from typing import Any, Final

from werkzeug.wrappers import Response

from gateway.features.bookings.pages import SIGN_IN, own_booking
from gateway.parts.own_bookings import NOT_YOURS, how_it_stands
from gateway.projection.call import Call
from gateway.projection.read_model import Data
from gateway.web.pages.field_errors import EMAIL, SHORT, Asked, in_form
from gateway.web.pages.forms import key_of, new_key, typed
from gateway.web.pages.layout import go
from gateway.web.routing import page_routes
from services.runtime.refusals import Invalid, KeyInUse, Refusal

routes = page_routes("handing_on", sign_in=SIGN_IN, explains=NOT_YOURS)
FIELDS: Final = ("email", "name")
ASKED: Final = {
    "email": Asked("their email address", EMAIL, {"not-an-email": EMAIL, "own-address": "Enter a colleague’s address"}),
    "name": Asked("their name", but=SHORT),
}
IN_THE_WAY: Final = {
    "people-are-waiting": "People are waiting for a place in this session, so it goes to the first of them",
    "already-booked": "They already have a booking for this session",
    "clash": "They have another booking at the same time",
}


@routes.route("GET", "/bookings/{reference}/hand-on", "Give your place to a colleague", requires="person")
def show_hand_on(call: Call) -> Response:
    """Asks who it is for."""
    return _show(call, own_booking(call), dict.fromkeys(FIELDS, ""))


@routes.route(
    "POST", "/bookings/{reference}/hand-on", "Give your place to a colleague", requires="person", one_call=True
)
def hand_on(call: Call) -> Response:
    """Leads to the booking, which is the colleague's now; or says what is in the way."""
    said = typed(call, *FIELDS)
    given = {name: text for name, text in said.items() if text.strip()}
    named: dict[str, Any] = {"reference": call.path["reference"], "given": given, "key": key_of(call), "own": True}
    try:
        call.registration("hand_on", **named)
    except Refusal as refusal:
        if refusal.code == Invalid.code:
            return _show(call, own_booking(call), said, 422, errors=in_form(refusal, ASKED, said))
        if refusal.code in IN_THE_WAY:
            return _show(call, own_booking(call), said, 409, errors={"email": IN_THE_WAY[refusal.code]})
        if refusal.code in ("booking-closed", "booking-not-confirmed", "session-cancelled"):
            return _show(call, own_booking(call), said)
        if refusal.code != KeyInUse.code:  # the first press is still under way
            raise
    return go("bookings.show_booking", reference=call.path["reference"].upper(), done="handed_on")


def _show(
    call: Call, seen: Data, said: Mapping[str, str], status: int = 200, *, errors: Mapping[str, str] | None = None
) -> Response:
    stands = how_it_stands(seen, call.now)
    if stands != "confirmed" or seen["begun"]:
        return call.app.pages.show_form(call, "booking_not_movable.html", 409, seen=seen, stands=stands)
    context = {"said": said, "errors": errors or {}, "key": new_key()}
    return call.app.pages.show_form(call, "booking_hand_on.html", status, seen=seen, **context)
