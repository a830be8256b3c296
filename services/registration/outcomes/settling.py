"""Settling what bookings came to, by the records in force; the certificates follow, and it is announced."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session as OrmSession

from services.registration.events import attendance_recorded
from services.registration.models import Attendance, Booking, Session, Span
from services.registration.outcomes import issuing


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


def in_force(db: OrmSession, bookings: Iterable[Booking]) -> dict[int, dict[int, Attendance]]:
    """Return the records that nobody has corrected, by the booking's id and the number of the meeting.

    Those of meetings that the session has no more are left out.
    """
    slugs = {booking.id: booking.session_slug for booking in bookings}
    numbers = {slug: db.get_one(Session, slug).numbers for slug in {*slugs.values()}}
    found: dict[int, dict[int, Attendance]] = {booking_id: {} for booking_id in slugs}
    rows = select(Attendance).where(Attendance.booking_id.in_(slugs), Attendance.replaced_at.is_(None))
    for row in db.scalars(rows):
        n = numbers[slugs[row.booking_id]].get(row.meeting)
        if n is not None:
            found[row.booking_id][n] = row
    return found


def settle(
    db: OrmSession,
    session: Session,
    known: Sequence[tuple[Booking, Mapping[int, Attendance]]],
    now: datetime,
    *,
    imported: bool = False,
) -> None:
    """Note what the bookings came to by the records in force, issue or revoke certificates, and announce it."""
    before = [(booking, booking.attendance) for booking, _ in known]
    meetings, over = session.spans, now >= session.ends_at
    for booking, rows in known:
        present = {n: row.present for n, row in rows.items()}
        state, booking.attended_share = outcome(meetings, present, over or not booking.live)
        # Who only checked in, at the door of what has not begun, has attended nothing yet; the team's word counts.
        at_the_door = [n for n, row in rows.items() if row.source == "check_in"]
        early = any(max(now, rows[n].recorded_at) < meetings[n - 1][0] for n in at_the_door)  # clocks are set back
        booking.attendance = None if early else state
        booking.version += 1
    db.flush()
    issuing.follow(db, before, now)
    for booking, rows in known:
        attendance_recorded(db, booking, {n: row.present for n, row in rows.items()}, imported=imported)


def settle_again(db: OrmSession, session: Session, now: datetime) -> None:
    """Work out again what the session's bookings came to, where something was recorded: its meetings are others now."""
    recorded = select(Attendance.id).where(Attendance.booking_id == Booking.id, Attendance.replaced_at.is_(None))
    theirs = select(Booking).where(Booking.session_slug == session.slug, recorded.exists()).order_by(Booking.id)
    bookings = db.scalars(theirs).all()
    known = in_force(db, bookings)
    settle(db, session, [(booking, known[booking.id]) for booking in bookings], now)


def settle_booking(db: OrmSession, session: Session, booking: Booking, now: datetime) -> None:
    """Work out again what one booking came to."""
    settle(db, session, [(booking, in_force(db, [booking])[booking.id])], now)


def leave_behind(db: OrmSession, booking: Booking, now: datetime) -> None:
    """Take back what was recorded of a booking at a session that it moves away from."""
    theirs = update(Attendance).where(Attendance.booking_id == booking.id, Attendance.replaced_at.is_(None))
    db.execute(theirs.values(replaced_at=now), execution_options={"synchronize_session": False})
    before = booking.attendance
    booking.attendance = booking.attended_share = booking.let_in_as = None
    issuing.follow(db, [(booking, before)], now)


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
            settle_booking(db, session, booking, now)
