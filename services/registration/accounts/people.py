"""Accounts: who somebody is, and what they say about themselves."""

from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session as OrmSession

from services.registration.events import person_event
from services.registration.models import LIVE, Booking, Person, Sector
from services.runtime.refusals import Invalid, NotSignedIn, StaleVersion


def ensure_account(db: OrmSession, email: str, now: datetime, name: str | None = None, **said: str | None) -> Person:
    """Return the account of that address, made now, with that name and what else is `said`, if there is none."""
    person = db.scalar(select(Person).where(Person.email == email))
    if person is None:
        person = Person(email=email, name=name, created_at=now, version=1, granted=[], **said)
        db.add(person)
        db.flush()
        person_event(db, "registration.person_registered.v1", person)
    return person


def change(db: OrmSession, person: Person, version: int, given: dict[str, Any]) -> Person:
    """Change what the person says about themselves, and return them. Raises StaleVersion, Invalid."""
    db.refresh(person, with_for_update=True)
    if person.version != version:
        raise StaleVersion(version=person.version)
    if "sector" in given and db.get(Sector, given["sector"]) is None:
        raise Invalid.field("sector", "unknown-sector")
    changed = {name: value for name, value in given.items() if getattr(person, name) != value}
    if changed:
        if "access_needs" in changed:
            _tell_their_sessions(db, person, changed["access_needs"])
        for name, value in changed.items():
            setattr(person, name, value)
        person.version += 1
        db.flush()
        person_event(db, "registration.person_changed.v1", person)
    return person


def _tell_their_sessions(db: OrmSession, person: Person, needs: str | None) -> None:
    """Put new needs in the place of the old ones in what is booked; what was said for one booking alone stays."""
    same = Booking.access_needs.is_not_distinct_from(person.access_needs)
    theirs = (Booking.person_id == person.id, Booking.state.in_(LIVE), Booking.attendance.is_(None))
    db.execute(update(Booking).where(*theirs, same).values(access_needs=needs))


def number(db: OrmSession) -> int:
    """Return how many accounts there are; a guest has none."""
    return db.scalar(select(func.count()).select_from(Person).where(Person.email.is_not(None))) or 0


def lock(db: OrmSession, person: Person) -> None:
    """Keep the person from being changed or erased until the transaction ends; they can be booked for meanwhile.

    Raises NotSignedIn where they were erased while this waited.
    """
    db.refresh(person, with_for_update={"key_share": True})
    if person.erased_at is not None:
        raise NotSignedIn
