"""Attendance: who was at which meeting, what a booking came to by that, and corrections, which keep what was before.

Meetings are numbered from 1, in the order in which the catalogue tells them. Records are kept by the id of the meeting,
so that they stay with it when others are added or taken away.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session as OrmSession

from services.registration.attendance.letting_in import let_in, send_back
from services.registration.errors import AttendanceTooEarly
from services.registration.models import LIVE, Attendance, Booking, Person, Session
from services.registration.outcomes.settling import in_force, settle
from services.registration.schemas import EARLY
from services.runtime.faults import Fault
from services.runtime.refusals import Invalid


@dataclass(frozen=True)
class Mark:
    """What somebody saw: whether the owner of `booking` was at the meeting. `scanned_at` if a code told so."""

    booking: Booking
    meeting: int
    present: bool
    scanned_at: datetime | None = None


def by_index(index: int, column: str) -> str:
    """Return the path of one record's field in a list."""
    return f"records.{index}.{column}"


def record(
    db: OrmSession,
    caller: Person,
    slug: str,
    records: list[dict[str, Any]],
    source: str,
    now: datetime,
    field: Callable[[int, str], str] = by_index,
) -> dict[str, Any]:
    """Keep `records` of `{reference, meeting, present}`, all or none, and return `{session, recorded, unchanged}`.

    Who waits and was there has a place by that; who had cancelled and was there is counted, and stays cancelled.
    `field` names the field of a wrong record. Raises NotFound, Invalid with all that is wrong, AttendanceTooEarly.
    """
    session = Session.locked(db, slug)
    for given in records:
        given["reference"] = given["reference"].upper()
    bookings = _of_session(db, slug, {given["reference"] for given in records})
    _check(db, session, bookings, records, field)
    check_begun(session, {given["meeting"] for given in records}, now)
    marks = [Mark(bookings[given["reference"]], given["meeting"], given["present"]) for given in records]
    for mark in marks:
        if mark.present:
            let_in(db, session, mark.booking, now, caller)
    changed = write(db, session, marks, source, caller, now)
    return {"session": slug, "recorded": changed, "unchanged": len(records) - changed}


def _of_session(db: OrmSession, slug: str, references: Collection[str]) -> dict[str, Booking]:
    theirs = select(Booking).where(Booking.session_slug == slug, Booking.reference.in_(references)).join(Person)
    theirs = theirs.where(or_(Booking.state == "confirmed", Person.erased_at.is_(None)))
    rows = db.scalars(theirs.execution_options(populate_existing=True))
    return {booking.reference: booking for booking in rows}


def _check(
    db: OrmSession,
    session: Session,
    bookings: dict[str, Booking],
    records: list[dict[str, Any]],
    field: Callable[[int, str], str],
) -> None:
    """Raise Invalid with everything that is wrong with the records."""
    errors: list[dict[str, Any]] = []
    booked_again = _booked_again(db, session, bookings.values())
    seen: set[tuple[str, int]] = set()
    for index, given in enumerate(records):
        booking, key = bookings.get(given["reference"]), (given["reference"], given["meeting"])
        if booking is None:
            errors.append(Fault("no-such-booking").at(field(index, "reference")))
        elif booking.person_id in booked_again and not booking.live:
            limits = {"reference": booked_again[booking.person_id]}
            errors.append(Fault("booked-again", limits).at(field(index, "reference")))
        elif not can_be_marked(session, booking, given["present"]):
            errors.append(Fault("not-confirmed").at(field(index, "reference")))
        if fault := fault_of_meeting(session, given["meeting"]):
            errors.append(fault.at(field(index, "meeting")))
        elif key in seen:
            errors.append(Fault("record-repeated").at(field(index, "meeting")))
        seen.add(key)
    if errors:
        raise Invalid(errors)


def _booked_again(db: OrmSession, session: Session, bookings: Iterable[Booking]) -> dict[str, str]:
    """Return the references of the live bookings of those whose booking here is cancelled, by person."""
    cancelled = {booking.person_id for booking in bookings if not booking.live}
    theirs = select(Booking.person_id, Booking.reference).where(Booking.session_slug == session.slug)
    rows = db.execute(theirs.where(Booking.person_id.in_(cancelled), Booking.state.in_(LIVE)))
    return {row.person_id: row.reference for row in rows}


def can_be_marked(session: Session, booking: Booking, present: bool) -> bool:
    """Tell whether it can be said that its owner was there, or was not; who is not expected cannot miss it."""
    expected = booking.state == "confirmed" or booking.attended_share is not None
    return expected or (present and session.status != "cancelled")


def fault_of_meeting(session: Session, meeting: int) -> Fault | None:
    """Return what is wrong with the number of a meeting, None where the session has that meeting."""
    count = len(session.meetings)
    if 1 <= meeting <= count:
        return None
    limits = {"min": 1, "max": count, "of": "number"}
    return Fault("out-of-range" if count > 1 else "only-one-meeting", limits)


def check_begun(session: Session, meetings: Collection[int], now: datetime) -> None:
    """Raise AttendanceTooEarly for the first of the meetings that nobody can have come to yet."""
    begins = session.spans
    for n in sorted(meetings):
        opens_at = begins[n - 1][0] - EARLY
        if now < opens_at:
            raise AttendanceTooEarly(meeting=n, opens_at=opens_at.isoformat())


def write(
    db: OrmSession,
    session: Session,
    marks: Sequence[Mark],
    source: str,
    recorder: Person,
    now: datetime,
    *,
    imported: bool = False,
) -> int:
    """Keep those marks that say something new, settle what their bookings came to, and return how many those were.

    Of what is `imported` nobody is to be emailed.

    The session is locked, and each booking and meeting comes once.
    """
    bookings = {mark.booking.id: mark.booking for mark in marks}
    known = in_force(db, bookings.values())
    news = [mark for mark in marks if _is_news(mark, known[mark.booking.id].get(mark.meeting))]
    for mark in news:
        if earlier := known[mark.booking.id].get(mark.meeting):
            earlier.replaced_at = now
    db.flush()  # what is replaced leaves the index of what is in force before its successor enters it
    for mark in news:
        known[mark.booking.id][mark.meeting] = _row(session, mark, source, recorder, now)
        db.add(known[mark.booking.id][mark.meeting])
    db.flush()
    touched = dict.fromkeys(mark.booking.id for mark in news)
    _settle(db, session, [bookings[booking_id] for booking_id in touched], known, recorder, now, imported=imported)
    return len(news)


def follow(
    db: OrmSession,
    session: Session,
    bookings: Sequence[Booking],
    recorder: Person,
    now: datetime,
    *,
    imported: bool = False,
) -> None:
    """Settle what bookings of the locked session came to, after records of theirs were taken back."""
    _settle(db, session, bookings, in_force(db, bookings), recorder, now, imported=imported)


def _settle(
    db: OrmSession,
    session: Session,
    bookings: Sequence[Booking],
    known: dict[int, dict[int, Attendance]],
    recorder: Person,
    now: datetime,
    *,
    imported: bool,
) -> None:
    if let_in := [booking for booking in bookings if booking.let_in_as]:
        there = _who_was_there(db, let_in)
        send_back(db, session, [booking for booking in let_in if booking.id not in there], now, recorder)
    settle(db, session, [(booking, known[booking.id]) for booking in bookings], now, imported=imported)


def _who_was_there(db: OrmSession, bookings: Iterable[Booking]) -> set[int]:
    """Return the ids of those whose owner was at a meeting, also at one that the session has no more."""
    theirs = select(Attendance.booking_id).where(Attendance.booking_id.in_([booking.id for booking in bookings]))
    return set(db.scalars(theirs.where(Attendance.replaced_at.is_(None), Attendance.present)))


def _is_news(mark: Mark, earlier: Attendance | None) -> bool:
    return earlier is None or earlier.present != mark.present


def _row(session: Session, mark: Mark, source: str, recorder: Person, now: datetime) -> Attendance:
    return Attendance(
        booking_id=mark.booking.id,
        meeting=session.meetings[mark.meeting - 1]["id"],
        present=mark.present,
        source=source,
        scanned_at=mark.scanned_at,
        recorded_at=now,
        recorded_by=recorder.id,
    )
