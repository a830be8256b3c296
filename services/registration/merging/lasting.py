"""What becomes of merged accounts in the end: merges that last, erasure, and what is held of them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, delete, or_, select, update
from sqlalchemy.orm import Session as OrmSession

from services.bus import handover
from services.registration import events, imported
from services.registration.accounts import addresses, email_changes, employments, second_factor
from services.registration.models import (
    Address,
    Attendance,
    Change,
    Coordinator,
    Facilitator,
    Merge,
    MergeMove,
    Person,
    Role,
)

ACTORS = (
    Change.actor_id,
    Attendance.recorded_by,
    Role.given_by,
    Facilitator.named_by,
    Coordinator.named_by,
)  # who did something


def over(since: datetime) -> Select[Any]:
    """Return the query of the merges that were made then or before."""
    return select(Merge.id).where(Merge.merged_at <= since).order_by(Merge.merged_at)


def settle(db: OrmSession, ids: Sequence[str], now: datetime) -> None:
    """Forget how these merges could be undone, and what the other accounts were.

    What stays of such an account is the id that events name, which leads to the one that is kept. Its addresses are of
    that one by now.
    """
    for merge in db.scalars(select(Merge).where(Merge.id.in_(ids)).order_by(Merge.id)).all():
        other = db.get_one(Person, merge.merged_id)
        if merge.undone_at is None and other.erased_at is None:
            _settle(db, other, db.get_one(Person, merge.kept_id))
        db.delete(merge)
    db.flush()


def _settle(db: OrmSession, other: Person, kept: Person) -> None:
    db.execute(update(Address).where(Address.person_id == other.id).values(person_id=kept.id))
    if other.email is not None:
        addresses.hold(db, kept, email=other.email, at=other.created_at)
    for name in ("email", "name", "organisation", "job_role", "access_needs", "last_used_at", "warned_at"):
        setattr(other, name, None)
    other.version += 1
    second_factor.erase(db, other)
    email_changes.erase(db, other)
    employments.erase(db, other)
    imported.erase(db, other)
    for column in ACTORS:
        db.execute(update(column.class_).where(column == other.id).values({column.key: kept.id}))
    handover.forget(db, MergeMove, other.id)
    events.person_merged(db, other, None, told_before=True)


def parts_of(db: OrmSession, person: Person) -> Sequence[Person]:
    """Return the accounts that were merged into the person's, those of these as well."""
    found = list(db.scalars(select(Person).where(Person.merged_into == person.id).order_by(Person.id)))
    return [*found, *(inner for one in found for inner in parts_of(db, one))]


def addresses_of(db: OrmSession, person: Person) -> list[str]:
    """Return all addresses of the person, and of the accounts that were merged into theirs."""
    return [email for one in (person, *parts_of(db, person)) for email in Address.all_of(db, one)]


def merge_of(db: OrmSession, merged: Person) -> Merge | None:
    """Return the merge by which the account is a part of another, as long as it can be undone."""
    return db.scalar(select(Merge).where(Merge.merged_id == merged.id, Merge.undone_at.is_(None)))


def held_on(db: OrmSession, person: Person) -> list[dict[str, Any]]:
    """Return the accounts that are a part of the person's, as what is held on them."""
    names = ("id", "email", "name", "sector", "organisation", "job_role", "access_needs", "created_at")
    rows = []
    for part in parts_of(db, person):
        merge = merge_of(db, part)
        when = {name: getattr(merge, name) if merge else None for name in ("merged_at", "undo_until", "reason")}
        rows.append({**{name: getattr(part, name) for name in names}, **when})
    return rows


def erase(db: OrmSession, person: Person) -> None:
    """Forget the merges that the person's account was in, on either side."""
    db.execute(delete(Merge).where(or_(Merge.kept_id == person.id, Merge.merged_id == person.id)))
    db.execute(update(Merge).where(Merge.by_id == person.id).values(reason=None))
    handover.forget(db, MergeMove, person.id)
