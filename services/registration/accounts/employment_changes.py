"""Adding, changing and removing employments: by whose they are, or by the team, of which they are told."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session as OrmSession

from services.registration.accounts import employments, people
from services.registration.events import person_corrected
from services.registration.models import Person


def add(
    db: OrmSession, person: Person, given: dict[str, Any], now: datetime, *, by_team: bool = False
) -> dict[str, Any]:
    """Add an employment, and return its view. Raises Invalid, NotSignedIn."""
    people.lock(db, person, wholly=True)
    return _put(db, person, given, now, None, by_team)


def change(
    db: OrmSession,
    person: Person,
    id: str,
    version: int,
    given: dict[str, Any],
    now: datetime,
    *,
    by_team: bool = False,
) -> dict[str, Any]:
    """Put an employment right, and return its view. Raises NotFound, StaleVersion, PresentEmployment, Invalid."""
    people.lock_version(db, person, version)
    return _put(db, person, given, now, id, by_team)


def remove(db: OrmSession, person: Person, id: str, *, by_team: bool = False) -> None:
    """Forget an earlier employment. Raises NotFound, PresentEmployment, NotSignedIn."""
    people.lock(db, person, wholly=True)
    employments.remove(db, person, id)
    _tell(db, person, by_team)


def _put(
    db: OrmSession, person: Person, given: dict[str, Any], now: datetime, id: str | None, by_team: bool
) -> dict[str, Any]:
    people.check_sector(db, given)
    row = employments.put(db, person, given, now, id)
    _tell(db, person, by_team)
    return employments.view(person, row)


def _tell(db: OrmSession, person: Person, by_team: bool) -> None:
    people.tell_changed(db, person)
    if by_team:
        person_corrected(db, person, ["employments"])
