"""What the team puts right of what someone said about themselves: on the record, and they are told."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session as OrmSession

from services.registration.accounts import address_changes, people
from services.registration.events import person_corrected
from services.registration.models import Person
from services.runtime.refusals import NotFound


def correct(
    db: OrmSession, corrector: Person, id: str, version: int, given: dict[str, Any], secret: str, now: datetime
) -> Person:
    """Change what someone said about themselves, and their address; tell them what was changed, and return them.

    Raises NotFound, StaleVersion, Invalid.
    """
    person = people.one(db, id)
    email = given.get("email")
    rest = {name: value for name, value in given.items() if name != "email"}
    changed = people.change_some(db, person, version, rest, now)
    if email is not None and email != person.email:
        if person.email is None:
            raise NotFound("Someone without an account has no address.")
        address_changes.correct(db, corrector, person, email, secret, now)
        changed |= {"email"}
    if changed:
        person_corrected(db, person, sorted(changed))
    return person
