"""Removals: the team takes somebody out of the community, tells them why, and may let them in again."""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session as OrmSession
from sqlalchemy.orm import aliased

from services.community import events, members
from services.community.models import Person, Removal
from services.runtime.paging import page_of
from services.runtime.refusals import NotFound


def remove(db: OrmSession, caller: members.Caller, id: str, now: datetime, reason: str) -> dict[str, Any]:
    """Take somebody out, member or not, so that they cannot join; what is open between them and others is closed.

    They are told the reason. The same again changes nothing; another reason takes the place of the first. Raises
    NotFound.
    """
    person = _locked(db, id)
    members.leave(db, {"id": person.id})
    removal = _of(db, person.id)
    if removal is None:
        removal = Removal(person=person.id, version=0)
        db.add(removal)
    if removal.version and removal.let_in_at is None and removal.reason == reason:
        return one(db, id)
    removal.reason, removal.by, removal.let_in_at = reason, caller["id"], None
    removal.removed_at, removal.version = now, removal.version + 1
    db.flush()
    events.member_removed(db, person.id, reason, removal.version)
    return one(db, id)


def let_in(db: OrmSession, id: str, now: datetime) -> dict[str, Any]:
    """Let somebody join again who was taken out, and tell them; whoever was not stays as they are. Raises NotFound."""
    person = _locked(db, id)
    removal = _of(db, person.id)
    if removal is not None and removal.let_in_at is None:
        removal.let_in_at, removal.reason, removal.version = now, None, removal.version + 1
        db.flush()
        events.member_let_in(db, person.id, removal.version)
    return one(db, id)


def one(db: OrmSession, id: str) -> dict[str, Any]:
    """Return for the team how somebody stands with the community: member or not, or taken out and why.

    Raises NotFound.
    """
    id = Person.current(db, id)
    person = db.get(Person, id)
    if person is None or person.erased:
        raise NotFound("There is no such person.")
    removal = _of(db, id)
    by = db.get(Person, removal.by) if removal is not None and removal.by else None
    out = removal if removal is not None and removal.let_in_at is None else None
    return {**_view(out, person, by), "member": members.is_member(db, {"id": id})["member"]}


def page(db: OrmSession, cursor: str | None, limit: int) -> dict[str, Any]:
    """Return a page of those who are out, whoever was taken out first for the last time, as `{items, next}`.

    Raises Invalid.
    """
    by = aliased(Person)
    query = select(Removal, Person, by).join(Person, Person.id == Removal.person)
    query = query.outerjoin(by, by.id == Removal.by).where(Removal.let_in_at.is_(None))
    rows, after = page_of(db, query, Removal.position, cursor, limit, latest_first=True)
    return {"items": [{**_view(*row[:3]), "member": False} for row in rows], "next": after}


def _locked(db: OrmSession, id: str) -> Person:
    """Return a person who cannot join, be taken out or be erased meanwhile. Raises NotFound."""
    person = db.get(Person, Person.current(db, id), with_for_update=True, populate_existing=True)
    if person is None or person.erased:
        raise NotFound("There is no such person.")
    return person


def _of(db: OrmSession, person: str) -> Removal | None:
    return db.scalar(select(Removal).where(Removal.person == person))


def _view(removal: Removal | None, person: Person, by: Person | None) -> dict[str, Any]:
    named = {"id": person.id, "name": person.name}
    if removal is None:
        return {**named, "removed_at": None, "reason": None, "by": None}
    who = {"id": by.id, "name": by.name} if by is not None else None
    return {**named, "removed_at": removal.removed_at, "reason": removal.reason, "by": who}
