"""What is held on a member: all that they may know of it on request, and none of it after erasure."""

from datetime import datetime
from typing import Any

from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session as OrmSession

from services.community import organisations, table_views, table_wishes
from services.community.models import Block, Employment, Introduction, Member, Removal, Report, ToldOfSitting


def export(db: OrmSession, person: str, now: datetime) -> dict[str, Any]:
    """Return what is held on the person, but for what others did: that they declined, blocked or reported somebody."""
    member = db.scalar(select(Member).where(Member.person == person, Member.joined_at.is_not(None)))
    mine = or_(Introduction.by == person, Introduction.to == person)
    introductions = db.scalars(select(Introduction).where(mine).order_by(Introduction.position))
    blocked = db.scalars(select(Block).where(Block.by == person).order_by(Block.position))
    reports = db.scalars(select(Report).where(Report.by == person).order_by(Report.position))
    out = db.scalar(select(Removal).where(Removal.person == person, Removal.let_in_at.is_(None)))
    jobs = db.scalars(select(Employment).where(Employment.person == person).order_by(Employment.since, Employment.id))
    return {
        "employments": [_fields(row, "sector", "organisation", "since") for row in jobs],
        "member": None if member is None else _fields(member, "about", "topics", "tell_tablemates", "joined_at"),
        "introductions": [_introduction(row, person, now) for row in introductions],
        "blocked": [_fields(row, "person", "created_at") for row in blocked],
        "removed": None if out is None else _fields(out, "reason", "removed_at"),
        "reports": [_fields(row, "id", "introduction", "person", "text", "created_at") for row in reports],
        "tables": table_views.of_person(db, person),
        "table_wishes": table_wishes.of_person(db, person),
    }


def forget(db: OrmSession, person: str) -> None:
    """Forget the person's membership, and everything in which they are one of two."""
    db.execute(delete(Member).where(Member.person == person))
    db.execute(delete(Block).where(or_(Block.by == person, Block.person == person)))
    db.execute(delete(Report).where(or_(Report.by == person, Report.person == person)))
    db.execute(update(Report).where(Report.dealt_with_by == person).values(dealt_with_by=None))
    db.execute(delete(Removal).where(Removal.person == person))
    db.execute(update(Removal).where(Removal.by == person).values(by=None))
    organisations.forget(db, person)
    db.execute(delete(ToldOfSitting).where(ToldOfSitting.person == person))
    db.execute(delete(Introduction).where(or_(Introduction.by == person, Introduction.to == person)))


def _introduction(row: Introduction, person: str, now: datetime) -> dict[str, Any]:
    held = _fields(row, "id", "by", "to", "message", "proposed_at", "expires_at")
    return {**held, "state": row.state_for(person, now)}


def _fields(row: Any, *names: str) -> dict[str, Any]:
    return {name: getattr(row, name) for name in names}
