"""Undoing what was taken from one report or sheet, as a whole: what was corrected since stays as it was corrected.

What one report said was recorded at one moment by one person; the number of its first record names it.
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session as OrmSession

from services.registration.attendance import recording
from services.registration.models import Attendance, Booking, Person, Session
from services.runtime.refusals import NotFound

UNDO_FOR = timedelta(days=7)


def taken(db: OrmSession, slug: str, now: datetime) -> dict[str, Any]:
    """Return what was taken from reports and sheets and can still be undone, the last first. Raises NotFound."""
    if db.get(Session, slug) is None:
        raise NotFound("There is no such session.")
    columns = (Attendance.recorded_at, Attendance.recorded_by, Person.name)
    query = select(func.min(Attendance.id), func.count(), *columns).join(Booking, Booking.id == Attendance.booking_id)
    query = query.join(Person, Person.id == Attendance.recorded_by).where(Booking.session_slug == slug)
    query = query.where(Attendance.source == "csv", Attendance.replaced_at.is_(None))
    query = query.where(Attendance.recorded_at > now - UNDO_FOR).group_by(*columns)
    rows = db.execute(query.order_by(Attendance.recorded_at.desc(), Attendance.recorded_by)).all()
    items = [
        {
            "id": id,
            "records": count,
            "recorded_at": recorded_at,
            "recorded_by": {"id": by, "name": name},
            "undo_until": recorded_at + UNDO_FOR,
        }
        for id, count, recorded_at, by, name in rows
    ]
    return {"items": items}


def undo(db: OrmSession, caller: Person, slug: str, id: int, now: datetime) -> dict[str, Any]:
    """Take back what one report recorded, and return `{session, undone, corrected_since}`.

    What stood before stands again. Who was let in by it alone has no place any more. Raises NotFound.
    """
    session = Session.locked(db, slug)
    theirs = select(Attendance).join(Booking, Booking.id == Attendance.booking_id)
    theirs = theirs.where(Booking.session_slug == slug, Attendance.source == "csv")
    first = db.scalar(theirs.where(Attendance.id == id))
    if first is None or now > first.recorded_at + UNDO_FOR:
        raise NotFound("There is nothing of this report that can be undone. It can be undone for 7 days.")
    same = (Attendance.recorded_at == first.recorded_at, Attendance.recorded_by == first.recorded_by)
    rows = db.scalars(theirs.where(*same).order_by(Attendance.id)).all()
    standing = [row for row in rows if row.replaced_at is None]
    earlier = _replaced(db, standing, first.recorded_at)
    for row in standing:
        row.replaced_at = now
    db.flush()  # what is taken back leaves the index of what is in force before what stood earlier enters it
    for row in standing:
        if before := earlier.get((row.booking_id, row.meeting)):
            db.add(_again(before))
    db.flush()
    bookings = {row.booking_id: db.get_one(Booking, row.booking_id) for row in standing}
    recording.follow(db, session, list(bookings.values()), caller, now)
    return {"session": slug, "undone": len(standing), "corrected_since": len(rows) - len(standing)}


def _replaced(db: OrmSession, rows: list[Attendance], at: datetime) -> dict[tuple[int, int], Attendance]:
    """Return what the report replaced, by booking and meeting."""
    query = select(Attendance).where(Attendance.booking_id.in_([row.booking_id for row in rows]))
    before = db.scalars(query.where(Attendance.replaced_at == at, Attendance.recorded_at < at).order_by(Attendance.id))
    return {(row.booking_id, row.meeting): row for row in before}


def _again(row: Attendance) -> Attendance:
    names = ("booking_id", "meeting", "present", "source", "scanned_at", "recorded_at", "recorded_by")
    return Attendance(**{name: getattr(row, name) for name in names})
