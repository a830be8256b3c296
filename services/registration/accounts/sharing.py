"""Whether someone lets the coordinators of their organisation see their places and attendance: not, unless they say so.

It holds for where they work now. Once that changes, however it is changed, it is over (`Person.organisation`).
"""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_
from sqlalchemy.orm import Session as OrmSession

from services.registration.accounts import coordinators
from services.registration.accounts.people import lock
from services.registration.audit import recording
from services.registration.errors import NoOrganisation
from services.registration.models import Person


def view(db: OrmSession, person: Person) -> dict[str, Any]:
    """Return whether they do, since when, and who would see it today."""
    key = person.organisation_key
    shares = key is not None and person.shares_with == key
    return {
        "organisation": person.organisation,
        "shares": shares,
        "since": person.shares_since if shares else None,
        "coordinators": coordinators.of_organisation(db, key) if key else [],
    }


def change(db: OrmSession, person: Person, now: datetime, *, shares: bool) -> dict[str, Any]:
    """Agree to it from now on, or end it at once, and return the view. Who agrees twice has agreed once.

    Raises NoOrganisation where someone agrees who has not said where they work.
    """
    lock(db, person)
    key = person.organisation_key
    if shares and key is None:
        raise NoOrganisation
    if shares and person.shares_with != key:
        person.shares_with, person.shares_since = key, now
        recording.record_of(db, person.id, recording.SHARING_AGREED, person, now)
    elif not shares and person.shares_with is not None:
        person.shares_with = person.shares_since = None
        recording.record_of(db, person.id, recording.SHARING_ENDED, person, now)
    db.flush()
    return view(db, person)


def agreed(key: str) -> ColumnElement[bool]:
    """Return the condition of those who let the coordinators of the organisation see their places."""
    here = and_(Person.shares_with == key, Person.organisation_key == key)
    return and_(here, Person.erased_at.is_(None), Person.merged_into.is_(None))
