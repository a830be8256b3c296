"""Letting in those who came without a place, and sending back who turns out never to have been there.

Who came is who came, also when the session is full or has begun: they get a place over capacity where none is free.
"""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy.orm import Session as OrmSession

from services.registration.models import Booking, Person, Session, other_mode
from services.registration.places.changes import Changes
from services.registration.places.history import record
from services.registration.places.waiting_list import pass_on


def let_in(db: OrmSession, session: Session, booking: Booking, now: datetime, caller: Person) -> None:
    """Give a place of the locked session to the booking, if it waits for one. Who cancelled stays cancelled."""
    if booking.state == "offered":
        booking.let_in_as = "waiting"
        session.confirm(booking, now)
    elif booking.state == "waiting":
        booking.let_in_as = "waiting"
        seat(session, booking, now)
    else:
        return
    tell(db, booking, now, caller)


def send_back(db: OrmSession, session: Session, bookings: Iterable[Booking], now: datetime, caller: Person) -> None:
    """Take back the places of those who were let in, as it turns out that they were never there.

    Who waited is first on the waiting list again. Who gave the place up since stays cancelled.
    """
    changes = Changes()
    for booking in bookings:
        if not booking.live:
            _forget_the_place(booking)
        elif booking.let_in_as == "walk_in":
            changes.note(booking, "not_there", "team")
            session.cancel(booking)
            booking.confirmed_at = None
        elif booking.state == "confirmed":
            changes.note(booking, "not_there", "team")
            session.join_list(booking, first=True)
            booking.confirmed_at = None
        booking.let_in_as = None
    db.flush()
    pass_on(db, session, now, changes)
    changes.tell(db, now, caller.id)


def _forget_the_place(booking: Booking) -> None:
    """Have the booking not come back to the place, if its session is called back."""
    if booking.before_cancellation is not None and booking.before_cancellation["state"] == "confirmed":
        waiting = {**booking.before_cancellation, "state": "waiting", "extra": False, "waiting_number": None}
        booking.before_cancellation = waiting if booking.let_in_as == "waiting" else None


def seat(session: Session, booking: Booking, now: datetime) -> None:
    """Confirm the booking: in a free place that nobody waits for, or else over capacity."""
    waits, other = booking.state == "waiting", other_mode(booking.mode)
    if waits and session.has(other) and not session.has(booking.mode):
        session.turn_to(booking, other)
    others = session.list_length(booking.mode) - waits
    if session.free_for(booking.mode, booking.sector, now) > 0 and (others <= 0 or now >= session.starts_at):
        session.confirm(booking, now)
    else:
        session.confirm_extra(booking, now)


def tell(db: OrmSession, booking: Booking, now: datetime, caller: Person, meant_for: str | None = None) -> None:
    """Announce that the booking has a place, as its owner came, and add it to the history."""
    booking.version += 1
    db.flush()
    what = "registration.booking_confirmed.v1"
    record(db, what, booking, now, cause="came", by="team", actor=caller.id, meant_for=meant_for)
