"""Changing what one needs for one booking; what is in the account is for all others."""

from dataclasses import replace
from typing import Final

from werkzeug.wrappers import Response

from gateway.features.bookings.pages import SIGN_IN, own_booking
from gateway.parts.own_bookings import NOT_YOURS, how_it_stands
from gateway.projection.call import Call
from gateway.projection.read_model import Data
from gateway.web.pages.field_errors import Asked, in_form
from gateway.web.pages.forms import new_key, typed
from gateway.web.pages.layout import go
from gateway.web.routing import page_routes
from services.registration.schemas import BookingChange
from services.runtime import limits
from services.runtime.refusals import Invalid, Refusal

routes = page_routes(
    "needs", sign_in=replace(SIGN_IN, keeps={"access_needs": "What would help you to take part?"}), explains=NOT_YOURS
)
ASKED: Final = {"access_needs": Asked("what you need")}
CLOSED: Final = "booking-closed"


@routes.route("GET", "/bookings/{reference}/needs", "What you need", requires="person")
def show_needs(call: Call) -> Response:
    """The form, filled in."""
    seen = own_booking(call)
    return _show(call, seen, seen["access_needs"] or "")


@routes.route("POST", "/bookings/{reference}/needs", "What you need", requires="person", one_call=True)
def change_needs(call: Call) -> Response:
    """Leads to the booking; or says what is wrong."""
    said = typed(call, "access_needs")
    given = {"access_needs": said["access_needs"] if said["access_needs"].strip() else None}
    try:
        call.registration("change_booking", reference=call.path["reference"], given=given, own=True)
    except Refusal as refusal:
        if refusal.code == Invalid.code:
            errors = in_form(refusal, ASKED, said)
            return _show(call, own_booking(call), said["access_needs"], 422, errors=errors)
        if refusal.code != CLOSED:
            raise
        return _show(call, own_booking(call), said["access_needs"])
    return go("bookings.show_booking", reference=call.path["reference"].upper(), done="needs")


def _show(call: Call, seen: Data, needs: str, status: int = 200, *, errors: dict[str, str] | None = None) -> Response:
    stands = how_it_stands(seen, call.now)
    if stands not in ("confirmed", "waiting", "offered") or seen["session_status"] == "finished":
        return call.app.pages.show_form(call, "booking_not_movable.html", 409, seen=seen, stands=stands)
    context = {"needs": needs, "errors": errors or {}, "most": limits.most(BookingChange, "access_needs")}
    return call.app.pages.show_form(call, "booking_needs_change.html", status, seen=seen, key=new_key(), **context)
