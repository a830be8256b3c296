"""Who coordinates which organisation: named by the team, until it takes that back.

An organisation is known by its name, without case and spaces, as people write it in their details. Whoever coordinates
it may nominate colleagues, and see the places of those who let them: see `sharing.py`.
"""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session as OrmSession
from sqlalchemy.orm import aliased

from services.registration.accounts import tokens
from services.registration.accounts.people import ensure_account, lock
from services.registration.audit import recording
from services.registration.events import coordinator_named
from services.registration.models import Coordinator, Nomination, Person, folded
from services.runtime.paging import page_of
from services.runtime.refusals import NotFound

ROLE: Final = "coordinator"


def name(db: OrmSession, caller: Person, organisation: str, email: str, now: datetime) -> dict[str, Any]:
    """Have the person of that address coordinate the organisation, and return that; who has no account gets one.

    Whoever coordinates it already does so as before. Raises Invalid.
    """
    person = ensure_account(db, email, now)
    lock(db, person)  # so that the same asked for twice at once is one
    key = folded(organisation)
    row = db.scalar(select(Coordinator).filter_by(person_id=person.id, organisation_key=key))
    if row is None:
        row = Coordinator(organisation=" ".join(organisation.split()), organisation_key=key, person_id=person.id)
        row.since, row.named_by = now, caller.id
        db.add(row)
        db.flush()
        coordinator_named(db, row)
        _record(db, caller, recording.COORDINATOR_NAMED, row.id, person.id, now)
    return _view(row, person, db.get_one(Person, row.named_by))


def take_back(db: OrmSession, caller: Person, id: str, now: datetime) -> None:
    """Have someone coordinate the organisation no more, and sign them out everywhere. Raises NotFound.

    What they typed to nominate colleagues goes with it; the bookings stay.
    """
    row = db.scalar(select(Coordinator).where(Coordinator.id == id).with_for_update())
    if row is None:
        raise NotFound("Nobody coordinates an organisation by this id.")
    theirs = (Nomination.nominated_by == row.person_id, Nomination.organisation_key == row.organisation_key)
    db.execute(delete(Nomination).where(*theirs))
    db.delete(row)
    db.flush()
    tokens.end_all(db, db.get_one(Person, row.person_id))
    _record(db, caller, recording.COORDINATOR_TAKEN_BACK, id, row.person_id, now)


def page(db: OrmSession, organisation: str | None, cursor: str | None, limit: int) -> dict[str, Any]:
    """Return a page of who coordinates the organisation, or any, in the order in which they were named.

    Raises Invalid.
    """
    namer = aliased(Person)
    query = (
        select(Coordinator, Person, namer)
        .join(Person, Person.id == Coordinator.person_id)
        .join(namer, namer.id == Coordinator.named_by)
    )
    if organisation is not None:
        query = query.where(Coordinator.organisation_key == folded(organisation))
    rows, after = page_of(db, query, Coordinator.position, cursor, limit)
    return {"items": [_view(row, person, by) for row, person, by, _ in rows], "next": after}


def coordinated(db: OrmSession, person: Person) -> list[str]:
    """Return the ids by which the person coordinates organisations."""
    theirs = select(Coordinator.id).where(Coordinator.person_id == person.id)
    return list(db.scalars(theirs.order_by(Coordinator.position)))


def own(db: OrmSession, person: Person) -> dict[str, Any]:
    """Return the organisations that the person coordinates. It is one page."""
    theirs = select(Coordinator).where(Coordinator.person_id == person.id).order_by(Coordinator.position)
    return {"items": list(db.scalars(theirs)), "next": None}


def of_organisation(db: OrmSession, key: str | None) -> list[str | None]:
    """Return the names of those who coordinate the organisation of that key."""
    there = select(Person.name).join(Coordinator, Coordinator.person_id == Person.id)
    return list(db.scalars(there.where(Coordinator.organisation_key == key).order_by(Coordinator.position)))


def of_person(db: OrmSession, person: Person) -> list[dict[str, Any]]:
    """Return the organisations that the person coordinates, as what is held on them; not by whom they were named."""
    theirs = select(Coordinator).where(Coordinator.person_id == person.id).order_by(Coordinator.position)
    return [{"organisation": row.organisation, "since": row.since} for row in db.scalars(theirs)]


def nominations_of(db: OrmSession, person: Person) -> list[dict[str, Any]]:
    """Return what a coordinator typed to nominate the person, as what is held on them; not which one it was."""
    theirs = select(Nomination).where(Nomination.person_id == person.id).order_by(Nomination.position)
    names = ("session", "email", "name", "nominated_at")
    return [{name: getattr(row, name) for name in names} for row in db.scalars(theirs)]


def erase(db: OrmSession, person: Person) -> None:
    """Forget what the person coordinates, who they nominated, and who nominated them."""
    db.execute(delete(Coordinator).where(Coordinator.person_id == person.id))
    theirs = or_(Nomination.person_id == person.id, Nomination.nominated_by == person.id)
    db.execute(delete(Nomination).where(theirs))


def _record(db: OrmSession, caller: Person, action: str, id: str, person: str, now: datetime) -> None:
    recording.record(db, caller.id, action, f"coordinators/{id}", now, person=person)


def _view(row: Coordinator, person: Person, by: Person) -> dict[str, Any]:
    return {"id": row.id, "organisation": row.organisation, "person": person, "since": row.since, "named_by": by}
