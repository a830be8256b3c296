"""Changing how one takes part, in the room or online: what will happen, and a button."""

from typing import Any, Final

from werkzeug.wrappers import Response

from gateway.features.bookings.pages import CLASH, SIGN_IN, own_booking
from gateway.parts.own_bookings import NOT_YOURS, how_it_stands
from gateway.projection.call import Call
from gateway.projection.read_model import Data
from gateway.web.call import Answer
from gateway.web.pages.forms import key_of, new_key
from gateway.web.pages.layout import go
from gateway.web.routing import page_routes
from services.registration.schemas import MODES
from services.runtime.refusals import Invalid, KeyInUse, Refusal

routes = page_routes("modes", sign_in=SIGN_IN, explains=NOT_YOURS)
NONE_LEFT: Final = "session-full"


@routes.route("GET", "/bookings/{reference}/mode", "Change how you take part", requires="person")
def show_mode(call: Call) -> Response:
    """Says what will happen, with a button."""
    return _show(call, own_booking(call))


@routes.route("POST", "/bookings/{reference}/mode", "Change how you take part", requires="person", one_call=True)
def change_mode(call: Call) -> Response:
    """Leads to the booking, which is for the other mode now, or waits for it; or says what is in the way."""
    mode = call.given.get("mode", "")
    given = {"mode": mode, **({"allow_clash": True} if call.given.get("allow_clash") == "yes" else {})}
    made: list[Answer] = []
    try:
        made.append(
            call.registration("move", reference=call.path["reference"], given=given, key=key_of(call), own=True)
        )
    except Refusal as refusal:
        if refusal.code != KeyInUse.code:  # the first press is still under way
            return _not_changed(call, refusal)
    done = "asked" if made and made[0].value["waiting_for"] else "changed"
    return go("bookings.show_booking", reference=call.path["reference"].upper(), done=done)


def _other_mode(seen: Data) -> str | None:
    """Return the mode that the booking can change to, or stop waiting for the other; None where there is no choice."""
    if seen["delivery"] != "hybrid" or seen["begun"] or seen["state"] not in ("confirmed", "waiting"):
        return None
    if seen["waiting_for"]:
        return str(seen["mode"])
    return next(mode for mode in MODES if mode != seen["mode"])


def _not_changed(call: Call, refusal: Refusal) -> Response:
    """Show what is in the way. Raises the refusal if it is none of those that this page explains."""
    if refusal.code == CLASH:
        return _show(call, own_booking(call), 409, clash=refusal.detail)
    if refusal.code == NONE_LEFT:
        return _show(call, own_booking(call), 409, full=True)
    if refusal.code == Invalid.code:  # it is so already, or the session has changed
        return go("bookings.show_booking", reference=call.path["reference"].upper())
    raise refusal


def _show(call: Call, seen: Data, status: int = 200, **more: Any) -> Response:
    mode, stands = _other_mode(seen), how_it_stands(seen, call.now)
    if mode is None:
        return call.app.pages.show_form(call, "booking_not_movable.html", 409, seen=seen, stands=stands)
    context = {"clash": None, "full": False, **more, "mode": mode, "key": new_key()}
    return call.app.pages.show_form(call, "booking_mode.html", status, seen=seen, stands=stands, **context)
