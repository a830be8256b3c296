"""Giving a place to one person who waits, on the word of the team: within the capacity, or beyond it with a reason."""

from datetime import datetime

from sqlalchemy.orm import Session as OrmSession

from services.bus.outbox import wake
from services.registration.errors import NotWaiting, SessionFull
from services.registration.models import Booking, Person, Session, other_mode
from services.registration.places.bookings import BookingOfPerson, locked, seen
from services.registration.places.history import record
from services.registration.places.waiting_list import SHOW_PLACES, pass_on, settle
from services.runtime.refusals import Invalid


def admit(
    db: OrmSession,
    caller: Person,
    reference: str,
    now: datetime,
    over_capacity: bool = False,
    reason: str | None = None,
) -> BookingOfPerson:
    """Confirm the booking, which waits, whoever stands before it; return the view that the team has of it.

    Raises NotFound, NotWaiting, SessionCancelled, BookingClosed, SessionFull, Invalid.
    """
    session, booking = locked(db, caller, reference)
    if booking.state != "waiting":
        raise NotWaiting
    session.check_open(now, early=True)
    settle(db, session, now)
    if not _take_free(session, booking, now):
        if not over_capacity:
            raise SessionFull
        if not reason:
            raise Invalid.field("reason", "reason-missing")
        session.confirm_extra(booking, now)
    booking.reason = reason
    booking.version += 1
    db.flush()
    record(db, "registration.booking_confirmed.v1", booking, now, cause="admitted", by="team", actor=caller.id)
    pass_on(db, session, now)
    wake(db, SHOW_PLACES)
    person = db.get_one(Person, booking.person_id)
    return {**seen(db, booking, session, now), "over_capacity": booking.extra, "person": person}


def _take_free(session: Session, booking: Booking, now: datetime) -> bool:
    """Give the booking a place that is free for it, if there is one; tell whether there was."""
    for mode in (booking.mode, other_mode(booking.mode)) if booking.either else (booking.mode,):
        if session.free_for(mode, booking.sector, now) > 0:
            if booking.mode != mode:
                session.turn_to(booking, mode)
            session.confirm(booking, now)
            return True
    return False
