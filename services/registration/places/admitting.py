"""Giving a place to one person who waits, on the word of the team: within the capacity, or beyond it with a reason."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session as OrmSession

from services.bus.outbox import trial
from services.registration.errors import NotWaiting, SessionFull
from services.registration.models import Booking, Person, Session, other_mode
from services.registration.places.bookings import BookingOfPerson, locked, seen
from services.registration.places.history import record
from services.registration.places.position import is_ahead_of, position_of
from services.registration.places.waiting_list import pass_on, settle, show_at_once
from services.runtime.refusals import Invalid

MOST_NAMES: Final = 10


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
    session, booking = _waiting(db, caller, reference, now)
    free = _free_mode(session, booking, now)
    if free is not None:
        _take_free(session, booking, free, now)
    elif not over_capacity:
        raise SessionFull
    elif not reason:
        raise Invalid.field("reason", "reason-missing")
    else:
        session.confirm_extra(booking, now)
    booking.reason = reason
    booking.version += 1
    db.flush()
    record(db, "registration.booking_confirmed.v1", booking, now, cause="admitted", by="team", actor=caller.id)
    pass_on(db, session, now)
    show_at_once(db, session)
    person = db.get_one(Person, booking.person_id)
    return {**seen(db, booking, session, now), "over_capacity": booking.extra, "person": person}


def foresee(db: OrmSession, caller: Person, reference: str, now: datetime) -> dict[str, Any]:
    """Return what giving the booking a place would mean, as `{free, mode, ahead, people}`; nothing changes.

    `free` is whether a place is, and `mode` is that of the place that it would have. So many people are `ahead` of it
    on the waiting list; `people` names the first of them. Raises NotFound, NotWaiting, SessionCancelled, BookingClosed.
    """
    with trial(db):
        session, booking = _waiting(db, caller, reference, now)
        free = _free_mode(session, booking, now)
        ahead = (position_of(db, booking) or 1) - 1
        return {"free": free is not None, "mode": free or booking.mode, "ahead": ahead, "people": _ahead(db, booking)}


def _waiting(db: OrmSession, caller: Person, reference: str, now: datetime) -> tuple[Session, Booking]:
    """Return the booking and its session, locked and settled. Raises what is in the way of giving it a place."""
    session, booking = locked(db, caller, reference)
    if booking.state != "waiting":
        raise NotWaiting
    session.check_open(now, early=True)
    settle(db, session, now)
    if booking.state != "waiting":  # what was held until now has just gone to it
        raise NotWaiting
    return session, booking


def _free_mode(session: Session, booking: Booking, now: datetime) -> str | None:
    """Return the mode of a place that is free for the booking; None where there is none."""
    modes = (booking.mode, other_mode(booking.mode)) if booking.either else (booking.mode,)
    return next((mode for mode in modes if session.free_for(mode, booking.sector, now) > 0), None)


def _take_free(session: Session, booking: Booking, mode: str, now: datetime) -> None:
    if booking.mode != mode:
        session.turn_to(booking, mode)
    session.confirm(booking, now)


def _ahead(db: OrmSession, booking: Booking) -> list[dict[str, Any]]:
    if position_of(db, booking) is None:
        return []
    number = func.coalesce(Booking.changing_number, Booking.waiting_number)
    first = select(Booking.reference, Person.name, Person.email).join(Person, Person.id == Booking.person_id)
    rows = db.execute(first.where(is_ahead_of(booking)).order_by(number).limit(MOST_NAMES)).all()
    return [{"reference": row.reference, "name": row.name or row.email} for row in rows]
