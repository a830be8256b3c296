"""What is known of who came, for those who run a session."""

from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, not_, or_, select
from sqlalchemy.orm import Session as OrmSession
from sqlalchemy.orm import aliased

from services.registration.models import LIVE, THERE, Attendance, Booking, Person, Session
from services.runtime.paging import page_of
from services.runtime.refusals import NotFound


def page(
    db: OrmSession, slug: str, cursor: str | None, limit: int, *, others: bool = False, addresses: bool = True
) -> dict[str, Any]:
    """Return a page of those who are expected or were there, with all that was recorded of each, corrections included.

    `others` are those who wait, or have cancelled: they may have come all the same. Without `addresses`, it is for
    whoever facilitates the session. Raises NotFound, Invalid.
    """
    session = db.get(Session, slug)
    if session is None:
        raise NotFound("There is no such session.")
    query = select(Booking, Person).join(Person).where(Booking.session_slug == slug)
    query = query.where(_is_unexpected() if others else _is_expected())
    rows, after = page_of(db, query, Booking.id, cursor, limit)
    records = _records(db, session, [id for _, _, id in rows])
    items = [_attended(booking, records[id], person, addresses) for booking, person, id in rows]
    return {"items": items, "next": after}


def attended(db: OrmSession, session: Session, booking: Booking, person: Person, *, addresses: bool) -> dict[str, Any]:
    """Return what was recorded of one booking, as `page` does."""
    return _attended(booking, _records(db, session, [booking.id])[booking.id], person, addresses)


def _is_expected() -> ColumnElement[bool]:
    return or_(Booking.state == "confirmed", func.coalesce(Booking.attendance, "").in_(THERE))


def _is_unexpected() -> ColumnElement[bool]:
    """Of a person's bookings the last counts, unless another is live."""
    other = aliased(Booking)
    same = and_(other.person_id == Booking.person_id, other.session_slug == Booking.session_slug)
    instead = exists().where(same, or_(other.id > Booking.id, and_(other.id != Booking.id, other.state.in_(LIVE))))
    return and_(not_(_is_expected()), Person.erased_at.is_(None), not_(instead))


def _records(db: OrmSession, session: Session, booking_ids: list[int]) -> dict[int, list[dict[str, Any]]]:
    found: dict[int, list[dict[str, Any]]] = {booking_id: [] for booking_id in booking_ids}
    numbers = session.numbers
    query = select(Attendance, Person.name).join(Person, Person.id == Attendance.recorded_by)
    query = query.where(Attendance.booking_id.in_(booking_ids)).order_by(Attendance.meeting, Attendance.id)
    names = ("present", "source", "scanned_at", "recorded_at", "replaced_at")
    for row, name in db.execute(query):
        shown = {"meeting": numbers.get(row.meeting), **{column: getattr(row, column) for column in names}}
        found[row.booking_id].append({**shown, "recorded_by": {"id": row.recorded_by, "name": name}})
    return found


def _attended(booking: Booking, records: list[dict[str, Any]], person: Person, addresses: bool) -> dict[str, Any]:
    shown = ("name", "sector", "organisation", "job_role", *(("id", "email") if addresses else ()))
    return {
        "reference": booking.reference,
        "state": booking.shown_state,
        "attended_share": booking.attended_share,
        "person": {name: getattr(person, name) for name in shown},
        "records": records,
    }
