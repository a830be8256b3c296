"""Blocks: two members who do not see each other, because one of them wants it so."""

from datetime import datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session as OrmSession

from services.community import closing, members
from services.community.models import Block, Introduction, Person
from services.runtime.paging import page_of
from services.runtime.refusals import NotFound


def block(db: OrmSession, caller: members.Caller, id: str, now: datetime) -> None:
    """Hide the caller and another person from each other, and close what is open between them. Twice is once.

    Raises NotAMember; NotFound for somebody whom the caller could not know of.
    """
    members.require(db, caller["id"])
    hide(db, caller["id"], Person.current(db, id), now)


def hide(db: OrmSession, by: str, person: str, now: datetime) -> None:
    """Block, whether or not who asks is a member. Raises NotFound."""
    members.lock(db, by, person)
    if _of(db, by, person) is not None:
        return
    if members.seen(db, by, person) is None and not _has_been_asked(db, by, person):
        raise NotFound("There is no such member.")
    db.add(Block(by=by, person=person, created_at=now))
    closing.close(db, by, person)


def unblock(db: OrmSession, caller: members.Caller, id: str) -> None:
    """Take a block of the caller's back. Where there is none, nothing changes. Raises NotAMember."""
    members.require(db, caller["id"])
    db.execute(delete(Block).where(Block.by == caller["id"], Block.person == Person.current(db, id)))


def page(db: OrmSession, caller: members.Caller, cursor: str | None, limit: int) -> dict[str, Any]:
    """Return a page of those whom the caller has blocked, the latest first. Raises NotAMember, Invalid."""
    members.require(db, caller["id"])
    query = select(Person).join(Block, Block.person == Person.id).where(Block.by == caller["id"])
    rows, after = page_of(db, query, Block.position, cursor, limit, latest_first=True)
    return {"items": [{"id": person.id, "name": person.name} for person, _ in rows], "next": after}


def _of(db: OrmSession, by: str, person: str) -> Block | None:
    return db.scalar(select(Block).where(Block.by == by, Block.person == person))


def _has_been_asked(db: OrmSession, one: str, other: str) -> bool:
    """Say whether one of the two has asked to meet the other, so that each has heard of them."""
    first, second = sorted((one, other))
    theirs = select(Introduction.id).where(Introduction.first == first, Introduction.second == second)
    return db.scalar(theirs.limit(1)) is not None
