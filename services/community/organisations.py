"""Organisations that the team has confirmed: their people may join the community before they have come to a session."""

from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session as OrmSession

from services.community.models import ConfirmedOrganisation, Person, folded
from services.runtime.paging import page_of
from services.runtime.refusals import NotFound


def confirm(
    db: OrmSession, caller: dict[str, Any], now: datetime, name: str, email_domain: str | None
) -> dict[str, Any]:
    """Confirm an organisation, and return it. One that is confirmed already gets the name and domain given now."""
    key = folded(name)
    there = db.scalar(select(ConfirmedOrganisation).filter_by(key=key).with_for_update())
    if there is None:
        there = ConfirmedOrganisation(key=key, confirmed_at=now, confirmed_by=caller["id"])
        db.add(there)
    there.name, there.email_domain = " ".join(name.split()), email_domain
    db.flush()
    return _view(there, db.get(Person, there.confirmed_by) if there.confirmed_by else None)


def withdraw(db: OrmSession, id: str) -> None:
    """Take that back. Whoever has joined meanwhile stays a member. Raises NotFound."""
    gone = db.execute(delete(ConfirmedOrganisation).where(ConfirmedOrganisation.id == id))
    if not gone.rowcount:  # type: ignore[attr-defined]
        raise NotFound("There is no such confirmed organisation.")


def page(db: OrmSession, cursor: str | None, limit: int) -> dict[str, Any]:
    """Return a page of them, those confirmed last first, as `{items, next}`. Raises Invalid."""
    query = select(ConfirmedOrganisation, Person).outerjoin(Person, Person.id == ConfirmedOrganisation.confirmed_by)
    rows, after = page_of(db, query, ConfirmedOrganisation.position, cursor, limit, latest_first=True)
    return {"items": [_view(row, by) for row, by, _ in rows], "next": after}


def of(db: OrmSession, person: Person) -> ConfirmedOrganisation | None:
    """Return the confirmed organisation that the person says they work at, unless their address is of another one."""
    if not person.organisation:
        return None
    there = db.scalar(select(ConfirmedOrganisation).filter_by(key=folded(person.organisation)))
    return there if there is not None and there.is_of(person.email) else None


def is_proven(db: OrmSession, person: Person) -> bool:
    """Say whether the address of the person shows where they work; that they say so shows nothing."""
    there = of(db, person)
    return there is not None and there.email_domain is not None


def forget(db: OrmSession, person: str) -> None:
    """Forget that this person confirmed some; they stay confirmed."""
    theirs = update(ConfirmedOrganisation).where(ConfirmedOrganisation.confirmed_by == person)
    db.execute(theirs.values(confirmed_by=None))


def _view(row: ConfirmedOrganisation, by: Person | None) -> dict[str, Any]:
    named = {name: getattr(row, name) for name in ("id", "name", "email_domain", "confirmed_at")}
    return {**named, "confirmed_by": {"id": by.id, "name": by.name} if by is not None else None}
