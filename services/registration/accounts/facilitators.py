"""Who facilitates which session: named by the team, until it takes that back, or two weeks after the session is over.

Whoever facilitates a session may do there what its day needs, and nothing anywhere else: see `access.py`.
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.orm import Session as OrmSession
from sqlalchemy.orm import aliased

from services.registration.accounts import addresses, coordinators, tokens
from services.registration.accounts.people import ensure_account, lock
from services.registration.accounts.roles import TEAM
from services.registration.audit import recording
from services.registration.errors import OwnRole, SessionCancelled, SessionFinished
from services.registration.events import facilitator_named, facilitator_taken_back
from services.registration.models import Facilitator, Person, PlannedFacilitator, Session
from services.runtime.paging import page_of
from services.runtime.refusals import NotFound

AFTERWARDS = timedelta(days=14)  # for attendance that was taken on paper
ROLE = "facilitator"


def name(db: OrmSession, caller: Person, slug: str, now: datetime, email: str) -> dict[str, Any]:
    """Have the person of that address facilitate the session, and return that; who has no account gets one.

    Whoever facilitates it already does so as before. Raises NotFound, SessionCancelled, SessionFinished, and OwnRole
    where someone who is not of the team would name themselves.
    """
    session = _session(db, slug)
    if session.status == "cancelled":
        raise SessionCancelled
    if session.ends_at + AFTERWARDS <= now:
        raise SessionFinished
    person = ensure_account(db, email, now)
    if person.id == caller.id and TEAM not in caller.roles:
        raise OwnRole
    lock(db, person)  # so that the same asked for twice at once is one
    row = db.scalar(select(Facilitator).filter_by(person_id=person.id, session=slug))
    if row is None:
        Session.locked(db, slug).check_shown(now)
        row = _named(db, slug, person, caller, now)
    return _view(row, person, db.get_one(Person, row.named_by))


def _named(db: OrmSession, slug: str, person: Person, by: Person, now: datetime) -> Facilitator:
    row = Facilitator(session=slug, person_id=person.id, since=now, named_by=by.id)
    db.add(row)
    db.flush()
    facilitator_named(db, row)
    _record(db, by, recording.FACILITATOR_NAMED, slug, row.person_id, now)
    return row


def plan(db: OrmSession, caller: Person, slug: str, draft: str, now: datetime) -> None:
    """Have whoever facilitates a session, or is to, facilitate a draft once it is published; nobody is told before."""
    named = select(Facilitator.person_id).where(Facilitator.session == slug)
    planned = select(PlannedFacilitator.person_id).where(PlannedFacilitator.session == slug)
    there = select(PlannedFacilitator.person_id).where(PlannedFacilitator.session == draft)
    for person in {*db.scalars(named.union(planned))} - {*db.scalars(there)}:
        db.add(PlannedFacilitator(session=draft, person_id=person, planned_at=now, planned_by=caller.id))


def name_planned(db: OrmSession, session: Session, now: datetime) -> None:
    """Name those who are to facilitate the session, which is published now."""
    planned = select(PlannedFacilitator).where(PlannedFacilitator.session == session.slug)
    for row in db.scalars(planned.order_by(PlannedFacilitator.planned_at, PlannedFacilitator.person_id)).all():
        person = addresses.kept(db, db.get_one(Person, row.person_id))
        known = select(Facilitator.id).filter_by(person_id=person.id, session=session.slug)
        if person.erased_at is None and db.scalar(known) is None:
            _named(db, session.slug, person, db.get_one(Person, row.planned_by), now)
        db.delete(row)


def take_back(db: OrmSession, caller: Person, slug: str, id: str, now: datetime) -> None:
    """Have somebody facilitate the session no more, and sign them out everywhere. Raises NotFound."""
    person = db.scalar(select(Facilitator.person_id).where(Facilitator.id == id, Facilitator.session == slug))
    gone = db.execute(delete(Facilitator).where(Facilitator.id == id, Facilitator.session == slug))
    if person is None or not gone.rowcount:  # type: ignore[attr-defined]
        raise NotFound("Nobody of this id facilitates this session.")
    tokens.end_all(db, db.get_one(Person, person))
    facilitator_taken_back(db, id)
    _record(db, caller, recording.FACILITATOR_TAKEN_BACK, slug, person, now)


def page(db: OrmSession, slug: str, cursor: str | None, limit: int) -> dict[str, Any]:
    """Return a page of who facilitates the session, in the order in which they were named. Raises NotFound, Invalid."""
    _session(db, slug)
    return _page(db, cursor, limit, Facilitator.session == slug)


def page_of_all(db: OrmSession, now: datetime, cursor: str | None, limit: int) -> dict[str, Any]:
    """Return a page of who facilitates any session now, in the order in which they were named. Raises Invalid."""
    now_on = select(Session.slug).where(Session.ends_at > now - AFTERWARDS)
    return _page(db, cursor, limit, Facilitator.session.in_(now_on))


def _page(db: OrmSession, cursor: str | None, limit: int, which: ColumnElement[bool]) -> dict[str, Any]:
    namer = aliased(Person)
    query = (
        select(Facilitator, Person, namer)
        .join(Person, Person.id == Facilitator.person_id)
        .join(namer, namer.id == Facilitator.named_by)
        .where(which)
    )
    rows, after = page_of(db, query, Facilitator.position, cursor, limit)
    return {"items": [_view(row, person, by) for row, person, by, _ in rows], "next": after}


def facilitated(db: OrmSession, person: Person, now: datetime) -> list[str]:
    """Return the slugs of the sessions that the person facilitates now, the soonest first."""
    theirs = select(Facilitator.session).join(Session, Session.slug == Facilitator.session)
    theirs = theirs.where(Facilitator.person_id == person.id, Session.ends_at > now - AFTERWARDS)
    return list(db.scalars(theirs.order_by(Session.starts_at, Session.slug)))


def with_sessions(db: OrmSession, person: Person, now: datetime) -> dict[str, Any]:
    """Return the account as its owner sees it: its roles, and what they facilitate and coordinate now."""
    slugs, ids = facilitated(db, person, now), coordinators.coordinated(db, person)
    first, *others = person.roles
    names = ("id", "email", "name", "sector", "organisation", "job_role", "access_needs", "created_at", "version")
    roles = [first, *([ROLE] if slugs else []), *([coordinators.ROLE] if ids else []), *others]
    held = {name: getattr(person, name) for name in names}
    return {**held, "roles": roles, "roles_withheld": person.roles_withheld, "facilitates": slugs, "coordinates": ids}


def of_person(db: OrmSession, person: Person) -> list[dict[str, Any]]:
    """Return every session that the person was named for, or is to be; not by whom, who is somebody else."""
    theirs = select(Facilitator).where(Facilitator.person_id == person.id).order_by(Facilitator.position)
    planned = select(PlannedFacilitator).where(PlannedFacilitator.person_id == person.id)
    named = [{"session": row.session, "since": row.since} for row in db.scalars(theirs)]
    to_come = db.scalars(planned.order_by(PlannedFacilitator.session))
    return [*named, *({"session": row.session, "planned_at": row.planned_at} for row in to_come)]


def erase(db: OrmSession, person: Person) -> None:
    """Forget what the person was named for."""
    for kept in (Facilitator, PlannedFacilitator):
        db.execute(delete(kept).where(kept.person_id == person.id))


def _record(db: OrmSession, caller: Person, action: str, slug: str, person: str, now: datetime) -> None:
    recording.record(db, caller.id, action, f"sessions/{slug}/facilitators", now, person=person)


def _session(db: OrmSession, slug: str) -> Session:
    session = db.get(Session, slug)
    if session is None or session.status == "draft":
        raise NotFound("There is no such session, or it is not published yet.")
    return session


def _view(row: Facilitator, person: Person, by: Person) -> dict[str, Any]:
    return {"id": row.id, "session": row.session, "person": person, "since": row.since, "named_by": by}
