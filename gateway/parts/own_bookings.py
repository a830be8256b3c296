"""The visitor's own bookings, as every page that names one shows it."""

from datetime import datetime
from typing import Final

from gateway.projection.call import Call
from gateway.projection.read_model import Data
from gateway.projection.rows import BookingRow
from services.runtime.refusals import NotFound

# Whoever is signed in has no such booking, which says nothing of anyone else's.
NOT_YOURS: Final = {NotFound.code: "not_yours.html"}


def held(call: Call, slug: str) -> BookingRow | None:
    """Return the visitor's live booking for a session; None where they have none."""
    booking: BookingRow | None = call.registration("own_booking", session=slug).value["booking"]
    return booking


def told_of(booking: BookingRow, session_status: str, now: datetime) -> Data:
    """Return a booking with how it stands, and by when an offer is to be answered."""
    offer = booking["offer"]
    answer_by = datetime.fromisoformat(offer["expires_at"]) if offer else None
    told = {**booking, "session_status": session_status, "answer_by": answer_by}
    return {**told, "stands": how_it_stands(told, now)}


def how_it_stands(seen: Data, now: datetime) -> str:
    """Return the booking's state with what the clock and the session add to it.

    Besides registration's states: `session_cancelled`, and `expired` for an offer that has run out; and `over` for one
    that only waited or was offered a place when the session ended.
    """
    if seen["session_status"] == "cancelled":
        return "session_cancelled"
    if seen["session_status"] == "finished" and seen["state"] in ("waiting", "offered"):
        return "over"
    if seen["state"] == "offered" and seen["answer_by"] <= now:
        return "expired"
    return str(seen["state"])
