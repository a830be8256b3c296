"""Certificates: the facts that one states, and the code by which anybody can check it."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session as OrmSession

from services.registration.attendance.hours import hours_of, spans_of
from services.registration.errors import NotAttended
from services.registration.models import THERE, Attendance, Booking, Certificate, Person, Session
from services.registration.places.bookings import visible
from services.runtime.refusals import NotFound
from services.runtime.schemas import CITY


def of_booking(db: OrmSession, caller: Person, reference: str) -> dict[str, Any]:
    """Return the facts of a booking's certificate, for its owner or the team. Raises NotFound, NotAttended."""
    booking = visible(db, caller, reference)
    if db.get_one(Person, booking.person_id).erased_at is not None:
        raise NotFound("There is no such booking.")
    theirs = select(Certificate.code).where(Certificate.booking_id == booking.id, Certificate.revoked_at.is_(None))
    code = db.scalar(theirs)
    if booking.shown_state not in THERE or code is None:
        raise NotAttended(state=booking.shown_state)
    session = db.get_one(Session, booking.session_slug)
    facts = {"code": code, "reference": booking.reference, "session": session.slug, "programme": session.programme}
    return {**facts, **_stated(db, booking, session), "state": booking.shown_state, "version": booking.version}


def verify(db: OrmSession, code: str) -> dict[str, Any]:
    """Return what a certificate states: title, dates, hours and name, and nothing more. Raises NotFound."""
    good = select(Booking, Session).join(Session).join(Certificate, Certificate.booking_id == Booking.id)
    good = good.join(Person, Person.id == Booking.person_id).where(Person.erased_at.is_(None))
    good = good.where(Booking.attendance.in_(THERE))
    found = db.execute(good.where(Certificate.code == code.upper(), Certificate.revoked_at.is_(None))).one_or_none()
    if found is None:
        raise NotFound("There is no certificate with this code.")
    booking, session = found
    return _stated(db, booking, session)


def _stated(db: OrmSession, booking: Booking, session: Session) -> dict[str, Any]:
    """Return what every reader of the certificate sees; the dates are those on which the person was there."""
    there_at = select(Attendance.meeting).where(
        Attendance.booking_id == booking.id, Attendance.replaced_at.is_(None), Attendance.present
    )
    there = set(db.scalars(there_at))
    attended = spans_of(session, there)
    return {
        "name": db.get_one(Person, booking.person_id).name,
        "title": session.title,
        "dates": sorted({starts.astimezone(CITY).date().isoformat() for starts, _ in attended}),
        "hours": hours_of(session.spans),
        "participatory_hours": hours_of(attended),
    }
