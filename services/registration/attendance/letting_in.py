"""Letting in those who came without a place, and sending back who turns out never to have been there.

Who came is who came, also when the session is full or has begun: they get a place over capacity where none is free.
"""

from datetime import datetime

from sqlalchemy.orm import Session as OrmSession

from services.registration.models import Booking, Person, Session, other_mode
from services.registration.places.history import record
from services.registration.places.position import position_of
from services.registration.places.waiting_list import pass_on


def let_in(db: OrmSession, session: Session, booking: Booking, now: datetime, caller: Person) -> None:
    """Give a place of the locked session to the booking, if it waits for one. Who cancelled stays cancelled."""
    if booking.state == "offered":
        session.confirm(booking, now)
    elif booking.state == "waiting":
        booking.let_in_as = "waiting"
        seat(session, booking, now)
    else:
        return
    tell(db, booking, now, caller)


def send_back(db: OrmSession, session: Session, booking: Booking, now: datetime, caller: Person) -> None:
    """Take back the place of someone who was let in, as it turns out that they were never there."""
    if booking.let_in_as == "waiting":
        session.join_list(booking, first=True)
        what = "registration.booking_waitlisted.v1"
    else:
        session.cancel(booking)
        what = "registration.booking_cancelled.v1"
    booking.let_in_as = booking.confirmed_at = None
    booking.version += 1
    db.flush()
    position = position_of(db, booking)
    record(db, what, booking, now, cause="not_there", by="team", actor=caller.id, position=position, was_confirmed=True)
    pass_on(db, session, now)


def seat(session: Session, booking: Booking, now: datetime) -> None:
    """Confirm the booking: in a free place that nobody waits for, or else over capacity."""
    if not session.has(booking.mode):
        booking.mode = other_mode(booking.mode)
    others = session.list_length(booking.mode) - (booking.state == "waiting")
    if session.free_for(booking.mode, booking.sector, now) > 0 and (others <= 0 or now >= session.starts_at):
        session.confirm(booking, now)
    else:
        session.confirm_extra(booking, now)


def tell(db: OrmSession, booking: Booking, now: datetime, caller: Person) -> None:
    booking.version += 1
    db.flush()
    record(db, "registration.booking_confirmed.v1", booking, now, cause="came", by="team", actor=caller.id)
