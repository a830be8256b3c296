"""Accounts: who somebody is, and what they say about themselves."""

from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session as OrmSession

from services.registration.events import person_corrected, person_event
from services.registration.models import LIVE, Booking, EmailChange, Person, Sector, folded
from services.runtime.refusals import Invalid, NotFound, NotSignedIn, StaleVersion, Unavailable


def ensure_account(db: OrmSession, email: str, now: datetime, name: str | None = None, **said: str | None) -> Person:
    """Return the account of that address, made now, with that name and what else is `said`, if there is none.

    Raises Invalid where an account had the address until lately, and may take it back.
    """
    person = owner_of(db, email)
    if person is None:
        if reserved(db, email, now):
            raise Invalid.field("email", "address-changed")
        person = Person(email=email, name=name, created_at=now, version=1, granted=[], **said)
        db.add(person)
        db.flush()
        person_event(db, "registration.person_registered.v1", person)
    return person


def owner_of(db: OrmSession, email: str) -> Person | None:
    """Return whose address that is: of an account that was merged, whoever has it now."""
    person = db.scalar(select(Person).where(Person.email == email))
    return kept(db, person) if person else None


def kept(db: OrmSession, person: Person) -> Person:
    """Return the account that this one is a part of by now; itself, where it was not merged."""
    while person.merged_into is not None:
        person = db.get_one(Person, person.merged_into)
    return person


def reserved(db: OrmSession, email: str, now: datetime, but: Person | None = None) -> bool:
    """Say whether an account had that address, and may take it back; `but` is one that may have it."""
    old = select(EmailChange.id).where(EmailChange.old_email == email, EmailChange.undone_at.is_(None))
    others = old.where(EmailChange.person_id != but.id) if but else old
    return db.scalar(others.where(EmailChange.undo_until > now).limit(1)) is not None


def give_name(db: OrmSession, person: Person, name: str | None) -> bool | None:
    """Call the person what the team calls them, if they have no name; say whether that is their name now.

    None where there was no name to give.
    """
    if name is None:
        return None
    if person.name is None:
        _keep(db, person, {"name": name})
    return folded(person.name or "") == folded(name)


def one(db: OrmSession, id: str) -> Person:
    """Return someone who is not erased; for an account that was merged, the one that is kept. Raises NotFound."""
    person = db.get(Person, id)
    if person is None or person.erased_at is not None:
        raise NotFound("There is no such person.")
    return kept(db, person)


def correct(db: OrmSession, corrector: Person, id: str, version: int, given: dict[str, Any]) -> Person:
    """Change what someone said about themselves, for the team, and tell them what was changed; return them.

    Raises NotFound, StaleVersion, Invalid.
    """
    person = one(db, id)
    changed = _change(db, person, version, given)
    if changed:
        person_corrected(db, person, sorted(changed))
    return person


def change(db: OrmSession, person: Person, version: int, given: dict[str, Any]) -> Person:
    """Change what the person says about themselves, and return them. Raises StaleVersion, Invalid."""
    _change(db, person, version, given)
    return person


def _change(db: OrmSession, person: Person, version: int, given: dict[str, Any]) -> set[str]:
    """Change what is other than it was, and return its names. Raises StaleVersion, Invalid, NotSignedIn."""
    db.refresh(person, with_for_update=True)
    if person.version != version:
        raise StaleVersion(version=person.version)
    if "sector" in given and db.get(Sector, given["sector"]) is None:
        raise Invalid.field("sector", "unknown-sector")
    changed = {name: value for name, value in given.items() if getattr(person, name) != value}
    if changed:
        _keep(db, person, changed)
    return set(changed)


def _keep(db: OrmSession, person: Person, changed: dict[str, Any]) -> None:
    if "access_needs" in changed:
        _tell_their_sessions(db, person, changed["access_needs"])
    for name, value in changed.items():
        setattr(person, name, value)
    person.version += 1
    db.flush()
    person_event(db, "registration.person_changed.v1", person)


def _tell_their_sessions(db: OrmSession, person: Person, needs: str | None) -> None:
    """Put new needs in the place of the old ones in what is booked; what was said for one booking alone stays."""
    same = Booking.access_needs.is_not_distinct_from(person.access_needs)
    theirs = (Booking.person_id == person.id, Booking.state.in_(LIVE), Booking.attendance.is_(None))
    db.execute(update(Booking).where(*theirs, same).values(access_needs=needs))


def number(db: OrmSession) -> int:
    """Return how many accounts there are; a guest has none."""
    accounts = select(func.count()).select_from(Person).where(Person.email.is_not(None), Person.merged_into.is_(None))
    return db.scalar(accounts) or 0


def lock(db: OrmSession, person: Person, *, wholly: bool = False) -> None:
    """Keep the person from being changed or erased until the transaction ends; they can be booked for meanwhile.

    `wholly` is for a new address, which nothing may hold on to meanwhile.

    Raises NotSignedIn where they were erased while this waited, Unavailable where their account was merged.
    """
    db.refresh(person, with_for_update=True if wholly else {"key_share": True})
    if person.erased_at is not None:
        raise NotSignedIn
    check_apart(person)


def check_apart(person: Person) -> None:
    """Raise Unavailable where the account is a part of another by now: whoever tries again finds that one."""
    if person.merged_into is not None:
        raise Unavailable("This account has just been merged with another one.")
