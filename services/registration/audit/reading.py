"""Reading the audit record: for operators, for the team about one person, and for a person about themselves."""

from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session as OrmSession
from sqlalchemy.orm import aliased

from services.registration.models import Audit, Booking, Person
from services.registration.periods import within
from services.runtime.paging import page_of


def page(
    db: OrmSession,
    cursor: str | None,
    limit: int,
    *,
    person: str | None,
    action: str | None,
    first: date | None,
    last: date | None,
) -> dict[str, Any]:
    """Return a page of the record, the latest row first: of one person's data or deeds, of one action, of some days.

    Raises Invalid.
    """
    actor, whose = aliased(Person), aliased(Person)
    query = select(Audit, actor.name, whose.name).outerjoin(actor, actor.id == Audit.actor)
    query = query.outerjoin(whose, whose.id == Audit.person).where(*within(Audit.at, first, last))
    if person:
        query = query.where(_of(db, person))
    if action:
        query = query.where(Audit.action == action)
    rows, after = page_of(db, query, Audit.position, cursor, limit, latest_first=True)
    return {"items": [_view(row, by, name) for row, by, name, _ in rows], "next": after}


def of_person(db: OrmSession, person: Person) -> list[dict[str, Any]]:
    """Return what the record says of a person and their data, and `by` whom: another person is `someone`."""
    parts = {person.id, *db.scalars(select(Person.id).where(Person.merged_into == person.id))}
    rows = db.scalars(select(Audit).where(or_(*(_of(db, one) for one in sorted(parts)))).order_by(Audit.position))
    return [
        {"at": row.at, "by": _known_as(row.actor, parts), "action": row.action, "object": row.object} for row in rows
    ]


def _of(db: OrmSession, person: str) -> ColumnElement[bool]:
    """Return the rows that are about a person, those of what they did, and those of lists that they stood on then."""
    booked = select(Booking.session_slug, func.min(Booking.created_at)).where(Booking.person_id == person)
    stood = [
        and_(Audit.session == slug, Audit.at >= since)
        for slug, since in db.execute(booked.group_by(Booking.session_slug)).all()
    ]
    return or_(Audit.person == person, Audit.actor == person, *stood)


def _known_as(actor: str, parts: set[str]) -> str:
    if actor in parts:
        return "self"
    return "someone" if len(actor) == 36 else actor


def _view(row: Audit, by: str | None, name: str | None) -> dict[str, Any]:
    names = ("number", "at", "actor", "action", "object", "person", "correlation_id")
    return {**{told: getattr(row, told) for told in names}, "actor_name": by, "person_name": name}
