"""Learning records: who was at which session, for how long, and where they worked then."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, and_, or_, select
from sqlalchemy.orm import Session as OrmSession
from sqlalchemy.orm import aliased

from services.registration.accounts.employments import employed_on
from services.registration.attendance.hours import hours_of, spans_of
from services.registration.models import THERE, Attendance, Booking, Employment, Person, Session
from services.registration.periods import within
from services.runtime.paging import page_of
from services.runtime.schemas import CITY

MOST: Final = 1000  # of one person
Found = tuple[Booking, Session, Person]


def page(
    db: OrmSession,
    now: datetime,
    cursor: str | None,
    limit: int,
    *,
    first: date | None,
    last: date | None,
    programme: str | None,
) -> dict[str, Any]:
    """Return a page of everyone's records of sessions that ended from a day to another, in the order of booking.

    Someone who booked a session more than once has one record of it. Raises Invalid.
    """
    query = _places(now, first, last)
    if programme:
        query = query.where(Session.programme == programme)
    rows, after = page_of(db, query, Booking.id, cursor, limit)
    return {"items": _views(db, [(booking, session, person) for booking, session, person, _ in rows]), "next": after}


def of_person(db: OrmSession, person: Person, now: datetime, first: date | None, last: date | None) -> dict[str, Any]:
    """Return a person's records of sessions that ended from a day to another, the earliest first, with their hours.

    `hours` is how long they were there, all together. Raises Invalid.
    """
    query = _places(now, first, last).where(Booking.person_id == person.id)
    rows = db.execute(query.order_by(Session.starts_at, Booking.id).limit(MOST)).all()
    items = _views(db, [(booking, session, whose) for booking, session, whose in rows])
    names = ("id", "name", "sector", "organisation", "job_role")
    return {
        **{"person": {name: getattr(person, name) for name in names}, "from": first, "to": last, "items": items},
        "hours": round(sum(item["participatory_hours"] for item in items), 2),
    }


def _places(now: datetime, first: date | None, last: date | None) -> Select[*Found]:
    over = [Session.ends_at <= now, Session.status != "cancelled", *within(Session.ends_at, first, last)]
    query = select(Booking, Session, Person).select_from(Booking).join(Session).join(Person)
    return query.where(*over, Person.erased_at.is_(None), _counts())


def _counts() -> ColumnElement[bool]:
    """Return the condition of the one booking of a session that says what its owner did there."""
    other = aliased(Booking)
    better = select(other.id).where(
        *(other.person_id == Booking.person_id, other.session_slug == Booking.session_slug, other.id != Booking.id),
        or_(other.state == "confirmed", and_(other.attendance.in_(THERE), other.id > Booking.id)),
    )
    return or_(Booking.state == "confirmed", and_(Booking.attendance.in_(THERE), ~better.exists()))


def _views(db: OrmSession, found: Sequence[Found]) -> list[dict[str, Any]]:
    there = attended(db, [booking.id for booking, _, _ in found])
    jobs = _jobs(db, {person.id for _, _, person in found})
    return [_view(*row, there[row[0].id], jobs[row[2].id]) for row in found]


def attended(db: OrmSession, ids: Iterable[int]) -> dict[int, set[int]]:
    """Return the ids of the meetings that people were at, by the ids of their bookings."""
    present = select(Attendance.booking_id, Attendance.meeting).where(
        Attendance.booking_id.in_(ids), Attendance.replaced_at.is_(None), Attendance.present
    )
    there: dict[int, set[int]] = defaultdict(set)
    for booking, meeting in db.execute(present):
        there[booking].add(meeting)
    return there


def _jobs(db: OrmSession, people: Iterable[str]) -> dict[str, list[Employment]]:
    jobs: dict[str, list[Employment]] = defaultdict(list)
    for job in db.scalars(select(Employment).where(Employment.person_id.in_(people))):
        jobs[job.person_id].append(job)
    return jobs


def _view(
    booking: Booking, session: Session, person: Person, there: set[int], jobs: list[Employment]
) -> dict[str, Any]:
    work = employed_on(jobs, person, session.starts_at.astimezone(CITY).date())
    return {
        **{"reference": booking.reference, "person": person.id, "email": person.email, "name": person.name},
        **{name: getattr(work, name) for name in ("sector", "organisation", "job_role")},
        **{"session": session.slug, "title": session.title, "programme": session.programme, "mode": booking.mode},
        **{"starts_at": session.starts_at, "ends_at": session.ends_at},
        **{"hours": hours_of(session.spans), "participatory_hours": hours_of(spans_of(session, there))},
        "state": booking.attendance or "not_recorded",
    }
