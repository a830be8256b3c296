"""Accounts: who somebody is, and what they say about themselves."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session as OrmSession

from services.registration.accounts import addresses, employments
from services.registration.errors import AccountMerged
from services.registration.events import person_event
from services.registration.models import LIVE, Address, Booking, EmailChange, Person, Sector, folded
from services.runtime.refusals import Invalid, NotFound, NotSignedIn, StaleVersion

WAS_WRONG: Final = "was_wrong"


def ensure_account(db: OrmSession, email: str, now: datetime, name: str | None = None, **said: str | None) -> Person:
    """Return the account of that address, made now, with that name and what else is `said`, if there is none.

    Raises Invalid where an account had the address until lately, and may take it back.
    """
    person = addresses.owner(db, email)
    if person is None:
        if reserved(db, email, now):
            raise Invalid.field("email", "address-changed")
        person = Person(email=email, name=name, created_at=now, version=1, granted=[], **said)
        db.add(person)
        db.flush()
        addresses.hold(db, person)
        employments.follow(db, person, employments.work_of(person), now)
        person_event(db, "registration.person_registered.v1", person)
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
        person.name = name
        tell_changed(db, person)
    return folded(person.name or "") == folded(name)


def one(db: OrmSession, id: str) -> Person:
    """Return someone who is not erased; for an account that was merged, the one that is kept. Raises NotFound."""
    person = db.get(Person, id)
    if person is None or person.erased_at is not None:
        raise NotFound("There is no such person.")
    return addresses.kept(db, person)


def other_name(person: Person, name: str | None) -> str | None:
    """Return the name that something was meant for, where that is another one than the person's."""
    return name if name and person.name and folded(person.name) != folded(name) else None


def seen(db: OrmSession, person: Person) -> dict[str, Any]:
    """Return the view that the team has of a person, with all of their addresses."""
    names = ("id", "name", "email", "sector", "organisation", "job_role", "version")
    return {**{name: getattr(person, name) for name in names}, "addresses": Address.all_of(db, person)}


def change(db: OrmSession, person: Person, version: int, given: dict[str, Any], now: datetime) -> Person:
    """Change what the person says about themselves, and return them.

    Who names another employer works there from today, unless they say that what was there `was_wrong`. Raises
    StaleVersion, Invalid.
    """
    change_some(db, person, version, given, now)
    return person


def change_some(db: OrmSession, person: Person, version: int, given: dict[str, Any], now: datetime) -> set[str]:
    """Change what is other than it was, and return its names. Raises StaleVersion, Invalid, NotSignedIn."""
    lock_version(db, person, version)
    check_sector(db, given)
    said = {name: value for name, value in given.items() if name != WAS_WRONG}
    changed = {name: value for name, value in said.items() if getattr(person, name) != value}
    if changed:
        before = employments.work_of(person)
        if "access_needs" in changed:
            _tell_their_sessions(db, person, changed["access_needs"])
        for name, value in changed.items():
            setattr(person, name, value)
        if before != employments.work_of(person):
            employments.follow(db, person, before, now, was_wrong=given.get(WAS_WRONG, False))
        tell_changed(db, person)
    return set(changed)


def lock_version(db: OrmSession, person: Person, version: int) -> None:
    """Keep the person from being changed until the transaction ends. Raises StaleVersion if they were."""
    db.refresh(person, with_for_update=True)
    if person.version != version:
        raise StaleVersion(version=person.version)


def check_sector(db: OrmSession, given: dict[str, Any]) -> None:
    """Raise Invalid unless the sector that is given, if one is, is of the city."""
    if given.get("sector") is not None and db.get(Sector, given["sector"]) is None:
        raise Invalid.field("sector", "unknown-sector")


def tell_changed(db: OrmSession, person: Person) -> None:
    """Count up the person's version, and announce what they are now."""
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

    Raises NotSignedIn where they were erased while this waited, AccountMerged where it was merged.
    """
    db.refresh(person, with_for_update=True if wholly else {"key_share": True})
    if person.erased_at is not None:
        raise NotSignedIn
    if person.merged_into is not None:
        raise AccountMerged
