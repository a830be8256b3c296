"""Handing a place to a colleague: while nobody waits for one, or always where the programme allows it."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session as OrmSession

from services.bus.outbox import wake
from services.registration.access import is_of_team
from services.registration.accounts.people import ensure_account, other_name
from services.registration.errors import AlreadyBooked, BookingNotConfirmed, Clash, PeopleAreWaiting
from services.registration.models import LIVE, Booking, Person, Session, new_booking
from services.registration.outcomes.settling import settle_booking
from services.registration.places.bookings import BookingRow, acting_as, locked, view, visible
from services.registration.places.clashes import clashes
from services.registration.places.history import record
from services.registration.places.waiting_list import SHOW_PLACES, settle
from services.runtime.refusals import Invalid


def hand_on(
    db: OrmSession,
    caller: Person,
    reference: str,
    now: datetime,
    email: str,
    name: str | None = None,
    *,
    own: bool = False,
) -> BookingRow:
    """Cancel the booking and give its place to the person of that address; return the view of the new booking.

    Who has no account gets one, with `name`. What the colleague needs is shown to the team alone. Raises NotFound,
    BookingNotConfirmed, PeopleAreWaiting, ByApplication, AlreadyBooked, Clash, SessionCancelled, BookingClosed,
    Invalid.
    """
    booking = visible(db, caller, reference, own)
    colleague = ensure_account(db, email, now, name)
    if colleague.id == booking.person_id:
        raise Invalid.field("email", "own-address")
    _lock(db, booking.person_id, colleague.id)
    session, booking = locked(db, caller, reference, own)
    if booking.state != "confirmed":
        raise BookingNotConfirmed
    session.check_open(now, early=True)
    session.check_given_in_order()
    settle(db, session, now)
    if session.hand_on != "always" and session.list_length(booking.mode):
        raise PeopleAreWaiting
    _check_free(db, session, colleague)
    made = new_booking(colleague, now, access_needs=colleague.access_needs)
    session.hand_over(booking, made)
    booking.version += 1
    db.add(made)
    db.flush()
    by = acting_as(caller, booking)
    for what, which in (("booking_cancelled", booking), ("booking_confirmed", made)):
        record(
            db,
            f"registration.{what}.v1",
            which,
            now,
            cause="handed_on",
            by=by,
            actor=caller.id,
            was_confirmed=which is booking,
            meant_for=other_name(colleague, name) if which is made else None,
        )
    if booking.attended_share is not None:  # who was at the door already keeps what was noted of it
        settle_booking(db, session, booking, now)
    wake(db, SHOW_PLACES)
    shown = view(made, session, None, now)
    return shown if is_of_team(caller) else {**shown, "access_needs": None}


def _lock(db: OrmSession, *people: str) -> None:
    """Have each of them book and move one thing at a time."""
    theirs = select(Person).where(Person.id.in_(people)).order_by(Person.id).with_for_update(key_share=True)
    db.scalars(theirs.execution_options(populate_existing=True)).all()


def _check_free(db: OrmSession, session: Session, colleague: Person) -> None:
    """Raise AlreadyBooked or Clash unless the colleague can take the place."""
    theirs = select(Booking.id).where(Booking.person_id == colleague.id, Booking.session_slug == session.slug)
    if db.scalar(theirs.where(Booking.state.in_(LIVE))) is not None:
        raise AlreadyBooked("They already have a booking for this session.")
    if clashes(db, colleague.id, session):
        raise Clash("They have another booking at the same time.")  # not which: it is theirs
