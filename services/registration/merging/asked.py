"""Who may merge which accounts, and undo it: whoever has proven both, and the team, on the record and with a reason.

What the team does with an account that has a role, an operator does. Nobody does it to their own account in this way.
"""

from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session as OrmSession

from services.registration.accounts import addresses, people
from services.registration.merging import proving, undoing
from services.registration.merging.merge import check, merge
from services.registration.merging.previews import preview
from services.registration.models import Person
from services.runtime import search
from services.runtime.refusals import Invalid, NotAllowed

MOST_SUSPECTS = 5
HAS_ROLE = "One of these accounts has a role. An operator can merge them, or their owner, who proves both."
ONE_S_OWN = "This is your own account. Merge it from your account page."


def proven_preview(db: OrmSession, caller: Person, now: datetime) -> dict[str, Any]:
    """Return what would come together with the account that the caller has proven. Raises NothingProven, MergeRefused.

    That is for their eyes, as they own both.
    """
    other = proving.proven(db, caller, now)
    check(db, caller, other, now)
    return preview(db, caller, other)


def merge_proven(db: OrmSession, caller: Person, now: datetime, version: str, name: str) -> dict[str, Any]:
    """Merge the proven account into the caller's; return the merge as `undoing.preview` does.

    Raises NothingProven, MergeRefused, MergeChanged.
    """
    other = proving.proven(db, caller, now)
    made = merge(db, caller, other, now, by=caller, version=version, name=name, with_roles=True)
    proving.use(db, caller, now)
    return undoing.preview(db, made)


def team_preview(db: OrmSession, caller: Person, id: str, email: str, now: datetime) -> dict[str, Any]:
    """Return what would come together with the account of that address. Raises NotFound, Invalid, NotAllowed."""
    kept, other = _pair(db, caller, id, email)
    check(db, kept, other, now)
    return preview(db, kept, other)


def merge_by_team(
    db: OrmSession, caller: Person, id: str, now: datetime, email: str, version: str, name: str, reason: str
) -> dict[str, Any]:
    """Merge the account of that address into another; return the merge. Raises as above, and MergeChanged."""
    kept, other = _pair(db, caller, id, email)
    made = merge(db, kept, other, now, by=caller, version=version, name=name, reason=reason)
    return undoing.preview(db, made)


def undo_own(db: OrmSession, caller: Person, id: str, now: datetime, version: str) -> None:
    """Undo a merge of the caller's. Raises MergeOver, MergeChanged."""
    undoing.undo(db, undoing.one(db, caller, id, now), now, by=caller, version=version)


def undo_by_team(db: OrmSession, caller: Person, person: str, id: str, now: datetime, version: str) -> None:
    """Undo a merge of someone's. Raises NotFound, NotAllowed, MergeOver, MergeChanged."""
    kept = people.one(db, person)
    row = undoing.one(db, kept, id, now)
    _check_may(caller, kept, db.get_one(Person, row.merged_id))
    undoing.undo(db, row, now, by=caller, version=version)


def merges_of(db: OrmSession, id: str, now: datetime) -> dict[str, Any]:
    """Return the merges of someone that can be undone, for the team. Raises NotFound."""
    return undoing.of_person(db, people.one(db, id), now)


def suspects(db: OrmSession, id: str) -> dict[str, Any]:
    """Return accounts with the name and the organisation of someone, which may be theirs too. Raises NotFound.

    Names are the same as for search: “Zoe Okafor” is Zoë Okafor.
    """
    person = people.one(db, id)
    name = search.key_of(person.name)
    if not (name and person.organisation_key):
        return {"items": [], "next": None}
    named = Person.search_key.startswith(f"{name} ", autoescape=True)  # the address stands after it
    near = or_(named, Person.search_key.is_(None))  # the release before writes no key
    others = select(Person).where(Person.organisation_key == person.organisation_key, Person.id != person.id, near)
    others = others.where(Person.email.is_not(None), Person.merged_into.is_(None)).order_by(Person.email)
    same = (other for other in db.scalars(others) if search.key_of(other.name) == name)
    return {"items": [*islice(same, MOST_SUSPECTS)], "next": None}


def _pair(db: OrmSession, caller: Person, id: str, email: str) -> tuple[Person, Person]:
    kept, other = people.one(db, id), addresses.owner(db, email)
    if other is None:
        raise Invalid.field("email", "no-such-account")
    _check_may(caller, kept, other)
    return kept, other


def _check_may(caller: Person, kept: Person, other: Person) -> None:
    if caller in (kept, other):
        raise NotAllowed(ONE_S_OWN)
    if (kept.granted or other.granted) and "operator" not in caller.roles:
        raise NotAllowed(HAS_ROLE)
