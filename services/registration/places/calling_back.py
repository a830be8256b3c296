"""A cancelled session is called back: those who were cancelled with it stand again as they did.

docs/decisions/0021: nobody is confirmed into a clash without being asked, and an offer that was open is made again.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session as OrmSession

from services.registration.models import LIVE, Booking, Person, Session
from services.registration.places.changes import Changes
from services.registration.places.clashes import is_free
from services.registration.places.waiting_list import offer_until

CAUSE = "session_reinstated"
REMEMBERED = ("state", "extra", "waiting_number", "waits_for", "changing_number", "reason")
Standing = dict[str, Any]


def remember(booking: Booking) -> None:
    """Keep how the booking stands, which is about to be cancelled with its session.

    Who was invited from another waiting list, and has not answered, is asked no more.
    """
    if booking.state == "offered" and booking.instead_of_id is not None:
        return
    booking.before_cancellation = {name: getattr(booking, name) for name in REMEMBERED}


def call_back(db: OrmSession, session: Session, changes: Changes, now: datetime) -> None:
    """Have everyone stand again who was cancelled with the locked session; it is noted in `changes`, not told.

    Whoever cannot have their place back is first on the waiting list, in the order in which they booked.
    """
    first = []
    for booking, stood in _cancelled_with(db, session):
        changes.note(booking, CAUSE, "team", lasting=True)
        booking.reason = stood["reason"]
        if not _stands_again(db, session, booking, stood, now):
            first.append(booking)
    for booking in reversed(first):
        session.join_list(booking, first=True)
    db.flush()


def _cancelled_with(db: OrmSession, session: Session) -> list[tuple[Booking, Standing]]:
    """Return the bookings that the cancellation ended and how they stood, which is remembered no longer.

    Left out is whoever has booked the session again since.
    """
    theirs = select(Booking).where(Booking.session_slug == session.slug)
    live = set(db.scalars(theirs.where(Booking.state.in_(LIVE)).with_only_columns(Booking.person_id)))
    ended = theirs.join(Person).where(Booking.before_cancellation.is_not(None), Person.erased_at.is_(None))
    found = []
    for booking in db.scalars(ended.order_by(Booking.id).with_for_update(of=Booking)).all():
        stood, booking.before_cancellation = booking.before_cancellation, None
        if stood and booking.state == "cancelled" and booking.person_id not in live:
            found.append((booking, stood))
    return found


def _stands_again(db: OrmSession, session: Session, booking: Booking, stood: Standing, now: datetime) -> bool:
    """Give the booking back what it had; False where it has to go to the front of the waiting list."""
    if stood["state"] == "waiting" and stood["waiting_number"] is None:  # was let in, and had never been there
        booking.confirmed_at = None
        return False
    if stood["state"] == "waiting":
        session.join_list(booking, number=stood["waiting_number"])
        return True
    if stood["state"] == "offered":
        return _waits_on(session, booking, stood)
    if not (booking.allow_clash or is_free(db, booking, session)):
        return _is_asked(session, booking, stood, now)
    return _has_place(session, booking, stood, now)


def _waits_on(session: Session, booking: Booking, stood: Standing) -> bool:
    """Have someone who was offered the other mode wait where they stood, to be asked again."""
    if stood["waits_for"] is None:
        return False
    booking.mode, booking.chose_mode = stood["waits_for"], False
    session.join_list(booking, number=stood["changing_number"])
    return True


def _is_asked(session: Session, booking: Booking, stood: Standing, now: datetime) -> bool:
    """Hold the place for someone who is confirmed elsewhere at that time, until they have answered."""
    until = offer_until(now, session.starts_at)
    booking.confirmed_at = None
    if until is None or stood["extra"] or session.left(booking.mode) <= 0:
        return False
    session.offer(booking, until)
    return True


def _has_place(session: Session, booking: Booking, stood: Standing, now: datetime) -> bool:
    had = booking.confirmed_at or now
    if stood["extra"]:
        session.confirm_extra(booking, had)
    elif session.left(booking.mode) > 0:
        session.confirm(booking, had)
    else:
        booking.confirmed_at = None
        return False
    if stood["waits_for"] is not None:
        session.ask_for(booking, stood["waits_for"], number=stood["changing_number"])
    return True
