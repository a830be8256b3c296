"""The addresses of an account: whose one is, and which ones someone has. Whoever has an address can sign in with it."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import Select, delete, select
from sqlalchemy.orm import Session as OrmSession

from services.bus.handover import place_of
from services.registration.models import Address, Merge, MergeMove, Person
from services.runtime.refusals import NotFound

MOST: Final = 5


def owner(db: OrmSession, email: str) -> Person | None:
    """Return who has that address, whether emails go to it or not: of an account that was merged, who has it now."""
    there = select(Person).where(Person.erased_at.is_(None))
    person = db.scalar(there.where(Person.email == email))  # each by its index, which one question for both cannot use
    if person is None:
        person = db.scalar(there.join(Address, Address.person_id == Person.id).where(Address.email == email))
    return kept(db, person) if person else None


def kept(db: OrmSession, person: Person) -> Person:
    """Return the account that this one is a part of by now; itself, where it was not merged."""
    while person.merged_into is not None:
        person = db.get_one(Person, person.merged_into)
    return person


def beside(db: OrmSession, email: str) -> list[str]:
    """Return that address, and the others of the account that it belongs to."""
    person = owner(db, email)
    return Address.all_of(db, person) if person else [email]


def hold(db: OrmSession, person: Person, *, email: str | None = None, at: datetime | None = None) -> Address:
    """Return the row of one of the person's addresses, made now where there is none; that of their first by default.

    Raises IntegrityError where someone else has it.
    """
    email = email or person.email
    row = db.scalar(select(Address).where(Address.person_id == person.id, Address.email == email))
    if row is None:
        erased = select(Person.id).where(Person.erased_at.is_not(None))  # the release before left theirs
        db.execute(delete(Address).where(Address.email == email, Address.person_id.in_(erased)))
        row = Address(person_id=person.id, email=email, added_at=at or person.created_at)
        db.add(row)
        db.flush()
    return row


def page(db: OrmSession, person: Person) -> dict[str, Any]:
    """Return the person's addresses, the one that emails go to first. It is one page."""
    if person.email:
        hold(db, person)
    rows, until = sorted(db.scalars(_rows(person)), key=lambda row: row.email != person.email), settled(db, person)
    return {"items": [view(person, row, until.get(row.id)) for row in rows], "next": None}


def one(db: OrmSession, person: Person, id: str) -> Address:
    """Return an address of the person. Raises NotFound."""
    row = db.scalar(select(Address).where(Address.id == id, Address.person_id == person.id))
    if row is None:
        raise NotFound("Your account has no such address.")
    return row


def settled(db: OrmSession, person: Person) -> dict[str, datetime]:
    """Return which addresses came with accounts that were merged into the person's, and until when they may go back.

    Until then they stay as they are.
    """
    moves = select(MergeMove.key, Merge.undo_until).join(Merge, Merge.merged_id == MergeMove.owner)
    moves = moves.where(Merge.kept_id == person.id, Merge.undone_at.is_(None))
    moves = moves.where(MergeMove.place == place_of(Address.person_id))
    return {key["id"]: until for key, until in db.execute(moves)}


def view(person: Person, row: Address, fixed_until: datetime | None = None) -> dict[str, Any]:
    """Return what is shown of an address; the `primary` one is where emails go."""
    primary = row.email == person.email
    return {
        "id": row.id,
        "email": row.email,
        "primary": primary,
        "added_at": row.added_at,
        "fixed_until": fixed_until,
    }


def of_person(db: OrmSession, person: Person) -> list[dict[str, Any]]:
    """Return the person's addresses, as what is held on them."""
    return [{"email": row.email, "added_at": row.added_at} for row in db.scalars(_rows(person))]


def erase(db: OrmSession, person: Person) -> None:
    """Forget all of the person's addresses but the one in their own row."""
    db.execute(delete(Address).where(Address.person_id == person.id))


def _rows(person: Person) -> Select[Address]:
    return select(Address).where(Address.person_id == person.id).order_by(Address.added_at, Address.email)
