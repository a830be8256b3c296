"""The visitor's own bookings, as every page that names one shows it."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final, TypedDict

from gateway.projection import lists
from gateway.projection.call import Call
from gateway.projection.read_model import Data
from gateway.projection.rows import BookingRow
from services.runtime.refusals import NotFound, NotSignedIn, Refusal, Unavailable

AT_ONCE: Final = 100  # bookings that are looked through at a time
LIVE: Final = ("confirmed", "waiting", "offered", "attended", "partly_attended", "absent")
# Whoever is signed in has no such booking, which says nothing of anyone else's.
NOT_YOURS: Final = {NotFound.code: "not_yours.html"}


class Held(TypedDict):
    """What a visitor has of a session, and whether it has questions for them."""

    booking: BookingRow | None
    asks: bool


def held(call: Call, slug: str) -> BookingRow | None:
    """Return the visitor's live booking for a session; None where they have none."""
    return held_and_asked(call, slug)["booking"]


def held_and_asked(call: Call, slug: str) -> Held:
    """Return the visitor's live booking for a session as `booking`, and whether the session `asks` anything."""
    told = call.registration("own_booking", session=slug).value
    return {"booking": told["booking"], "asks": bool(told.get("asks"))}  # an older registration does not tell it


def of_session(call: Call, slug: str, *, live_alone: bool) -> list[BookingRow]:
    """Return the visitor's bookings of a session: all of them, or the live one, which is one question.

    None for who is not signed in, and where that cannot be found out now.
    """
    if call.caller is None:
        return []
    try:
        if live_alone:
            booking = held(call, slug)
            return [booking] if booking else []
        return [booking for booking in _every(call) if booking["session"] == slug]
    except Refusal as refusal:
        if refusal.code not in (NotSignedIn.code, Unavailable.code):
            raise
        return []


def _every(call: Call) -> Iterator[BookingRow]:
    for page in lists.pages(lambda cursor: call.registration("bookings", cursor=cursor, limit=AT_ONCE).value):
        yield from page["items"]


def told_of(booking: BookingRow, session_status: str, now: datetime) -> Data:
    """Return a booking with how it stands, and by when an offer is to be answered."""
    offer = booking["offer"]
    answer_by = datetime.fromisoformat(offer["expires_at"]) if offer else None
    plain = {"application": False, "refused": False}  # an older registration does not tell them
    told = {**plain, **booking, "session_status": session_status, "answer_by": answer_by}
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
