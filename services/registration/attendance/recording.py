"""Attendance: who was at which meeting, what a booking came to by that, and corrections, which keep what was before.

Meetings are numbered from 1, in the order in which the catalogue tells them.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session as OrmSession

from services.registration.attendance import certificates
from services.registration.errors import AttendanceTooEarly
from services.registration.events import attendance_recorded
from services.registration.models import Attendance, Booking, Person, Session, Span
from services.runtime.faults import Fault
from services.runtime.paging import page_of
from services.runtime.refusals import Invalid, NotFound

EARLY = timedelta(minutes=60)  # before a meeting starts, from when on people can be seen there


@dataclass(frozen=True)
class Mark:
    """What somebody saw: whether the owner of `booking` was at the meeting. `scanned_at` if a code told so."""

    booking: Booking
    meeting: int
    present: bool
    scanned_at: datetime | None = None


def outcome(meetings: Sequence[Span], present: Mapping[int, bool], over: bool) -> tuple[str | None, float | None]:
    """Return what a booking came to, and the share (0 to 1) of the minutes of all meetings that its owner was there.

    It has come to `attended`, `partly_attended` or `absent` once every meeting has a record, or the session is `over`;
    then a meeting without a record counts as missed. Without any record there is neither a state nor a share.
    """
    known = {n: there for n, there in present.items() if 1 <= n <= len(meetings)}
    if not known:
        return None, None
    lengths = [(ends - starts) / timedelta(minutes=1) for starts, ends in meetings]
    there = [n for n in known if known[n]]
    share = round(sum(lengths[n - 1] for n in there) / sum(lengths), 4)
    if not over and len(known) < len(meetings):
        return None, share
    return _in_a_word(len(there), len(meetings)), share


def _in_a_word(there: int, meetings: int) -> str:
    if there == meetings:
        return "attended"
    return "partly_attended" if there else "absent"


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

    `field` names the field of a wrong record. Raises NotFound, Invalid with all that is wrong, AttendanceTooEarly.
    """
    session = Session.locked(db, slug)
    for given in records:
        given["reference"] = given["reference"].upper()
    bookings = _of_session(db, slug, {given["reference"] for given in records})
    _check(session, bookings, records, field)
    _check_begun(session, {given["meeting"] for given in records}, now)
    marks = [Mark(bookings[given["reference"]], given["meeting"], given["present"]) for given in records]
    changed = write(db, session, marks, source, caller, now)
    return {"session": slug, "recorded": changed, "unchanged": len(records) - changed}


def _of_session(db: OrmSession, slug: str, references: Collection[str]) -> dict[str, Booking]:
    theirs = select(Booking).where(Booking.session_slug == slug, Booking.reference.in_(references))
    rows = db.scalars(theirs.execution_options(populate_existing=True))
    return {booking.reference: booking for booking in rows}


def _check(
    session: Session, bookings: dict[str, Booking], records: list[dict[str, Any]], field: Callable[[int, str], str]
) -> None:
    """Raise Invalid with everything that is wrong with the records."""
    errors: list[dict[str, Any]] = []
    seen: set[tuple[str, int]] = set()
    for index, given in enumerate(records):
        booking, key = bookings.get(given["reference"]), (given["reference"], given["meeting"])
        if booking is None:
            errors.append(Fault("no-such-booking").at(field(index, "reference")))
        elif booking.state != "confirmed":
            errors.append(Fault("not-confirmed").at(field(index, "reference")))
        if not 1 <= given["meeting"] <= len(session.meetings):
            errors.append(_no_meeting(len(session.meetings)).at(field(index, "meeting")))
        elif key in seen:
            errors.append(Fault("record-repeated").at(field(index, "meeting")))
        seen.add(key)
    if errors:
        raise Invalid(errors)


def _no_meeting(count: int) -> Fault:
    limits = {"min": 1, "max": count, "of": "number"}
    return Fault("out-of-range" if count > 1 else "only-one-meeting", limits)


def _check_begun(session: Session, meetings: Collection[int], now: datetime) -> None:
    """Raise AttendanceTooEarly for the first of the meetings that nobody can have come to yet."""
    begins = session.spans
    for n in sorted(meetings):
        opens_at = begins[n - 1][0] - EARLY
        if now < opens_at:
            raise AttendanceTooEarly(meeting=n, opens_at=opens_at.isoformat())


def write(db: OrmSession, session: Session, marks: Sequence[Mark], source: str, recorder: Person, now: datetime) -> int:
    """Keep those marks that say something new, settle what their bookings came to, and return how many those were.

    The session is locked, and each booking and meeting comes once.
    """
    bookings = {mark.booking.id: mark.booking for mark in marks}
    known = in_force(db, bookings)
    news = [mark for mark in marks if _is_news(mark, known[mark.booking.id].get(mark.meeting))]
    for mark in news:
        if earlier := known[mark.booking.id].get(mark.meeting):
            earlier.replaced_at = now
    db.flush()  # what is replaced leaves the index of what is in force before its successor enters it
    for mark in news:
        known[mark.booking.id][mark.meeting] = _row(mark, source, recorder, now)
        db.add(known[mark.booking.id][mark.meeting])
    db.flush()
    touched = dict.fromkeys(mark.booking.id for mark in news)
    settle(db, session, [(bookings[booking_id], known[booking_id]) for booking_id in touched], now)
    return len(news)


def _is_news(mark: Mark, earlier: Attendance | None) -> bool:
    return earlier is None or earlier.present != mark.present


def _row(mark: Mark, source: str, recorder: Person, now: datetime) -> Attendance:
    return Attendance(
        booking_id=mark.booking.id,
        meeting=mark.meeting,
        present=mark.present,
        source=source,
        scanned_at=mark.scanned_at,
        recorded_at=now,
        recorded_by=recorder.id,
    )


def in_force(db: OrmSession, booking_ids: Collection[int]) -> dict[int, dict[int, Attendance]]:
    """Return the records that nobody has corrected, by booking and meeting."""
    found: dict[int, dict[int, Attendance]] = {booking_id: {} for booking_id in booking_ids}
    rows = select(Attendance).where(Attendance.booking_id.in_(booking_ids), Attendance.replaced_at.is_(None))
    for row in db.scalars(rows):
        found[row.booking_id][row.meeting] = row
    return found


def settle(
    db: OrmSession, session: Session, known: Sequence[tuple[Booking, Mapping[int, Attendance]]], now: datetime
) -> None:
    """Note what the bookings came to by the records in force, issue or revoke certificates, and announce it."""
    before = [(booking, booking.attendance) for booking, _ in known]
    meetings, over = session.spans, now >= session.ends_at
    begun = now >= max(starts for starts, _ in meetings)
    for booking, rows in known:
        present = {n: row.present for n, row in rows.items()}
        state, booking.attended_share = outcome(meetings, present, over)
        # Who only checked in, at the door of what has not begun, has attended nothing yet; the team's word counts.
        early = not begun and any(row.source == "check_in" for row in rows.values())
        booking.attendance = None if early else state
        booking.version += 1
    db.flush()
    certificates.follow(db, before, now)
    for booking, rows in known:
        attendance_recorded(db, booking, {n: row.present for n, row in rows.items()})


def leave_behind(db: OrmSession, booking: Booking, now: datetime) -> None:
    """Take back what was recorded of a booking at a session that it moves away from."""
    theirs = update(Attendance).where(Attendance.booking_id == booking.id, Attendance.replaced_at.is_(None))
    db.execute(theirs.values(replaced_at=now), execution_options={"synchronize_session": False})
    before = booking.attendance
    booking.attendance = booking.attended_share = None
    certificates.follow(db, [(booking, before)], now)


def settle_ended(db: OrmSession, now: datetime, limit: int = 200) -> None:
    """Settle the bookings of sessions that ended before each of their meetings had a record."""
    open_ones = (
        select(Booking.id, Booking.session_slug)
        .join(Session)
        .where(Booking.attendance.is_(None), Booking.attended_share.is_not(None))
        .where(Booking.state == "confirmed", Session.ends_at <= now)
        .order_by(Booking.session_slug, Booking.id)  # sessions are locked in one order, so that nobody waits in a ring
        .limit(limit)
    )
    for booking_id, slug in db.execute(open_ones).all():
        session = Session.locked(db, slug)
        booking = db.get_one(Booking, booking_id, populate_existing=True)
        if booking.state == "confirmed" and booking.attendance is None and session.ends_at <= now:
            settle(db, session, [(booking, in_force(db, [booking_id])[booking_id])], now)


def page(db: OrmSession, slug: str, cursor: str | None, limit: int, *, addresses: bool = True) -> dict[str, Any]:
    """Return a page of the session's confirmed bookings with all that was recorded of each, corrections included.

    Without `addresses`, it is for whoever facilitates the session. Raises NotFound, Invalid.
    """
    if db.get(Session, slug) is None:
        raise NotFound("There is no such session.")
    query = select(Booking, Person).join(Person).where(Booking.session_slug == slug, Booking.state == "confirmed")
    rows, after = page_of(db, query, Booking.id, cursor, limit)
    records = _records(db, [id for _, _, id in rows])
    shown = ("name", "sector", "organisation", "job_role", *(("id", "email") if addresses else ()))
    items = [
        {**_attended(booking, records[id]), "person": {name: getattr(person, name) for name in shown}}
        for booking, person, id in rows
    ]
    return {"items": items, "next": after}


def _records(db: OrmSession, booking_ids: list[int]) -> dict[int, list[dict[str, Any]]]:
    found: dict[int, list[dict[str, Any]]] = {booking_id: [] for booking_id in booking_ids}
    query = select(Attendance, Person.name).join(Person, Person.id == Attendance.recorded_by)
    query = query.where(Attendance.booking_id.in_(booking_ids)).order_by(Attendance.meeting, Attendance.id)
    names = ("meeting", "present", "source", "scanned_at", "recorded_at", "replaced_at")
    for row, name in db.execute(query):
        shown = {column: getattr(row, column) for column in names}
        found[row.booking_id].append({**shown, "recorded_by": {"id": row.recorded_by, "name": name}})
    return found


def _attended(booking: Booking, records: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "reference": booking.reference,
        "state": booking.shown_state,
        "attended_share": booking.attended_share,
        "records": records,
    }
