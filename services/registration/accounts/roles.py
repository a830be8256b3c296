"""Who runs the programme and who keeps the system running: roles that one person gives to another.

A role that is taken ends the person's sign-ins, so that nothing that was open with it stays open.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, delete, exists, select
from sqlalchemy.orm import Session as OrmSession
from sqlalchemy.orm import aliased

from services.registration.accounts import addresses, tokens
from services.registration.accounts.people import ensure_account, lock
from services.registration.audit import recording
from services.registration.errors import LastOperator, OwnRole
from services.registration.models import Person, Role
from services.runtime.paging import page_of
from services.runtime.refusals import Invalid, NotAllowed, NotFound

TEAM = "team"
OPERATOR = "operator"
GRANTABLE = (TEAM, OPERATOR)


def give(db: OrmSession, person: Person, role: str, now: datetime, by: Person | None = None) -> Role:
    """Give the person a role; whoever has it keeps it as it was. Raises Invalid, NotSignedIn where they are erased."""
    if role not in GRANTABLE:
        raise Invalid.field("role", "not-a-choice", choices=[*GRANTABLE])
    lock(db, person)  # so that the same asked for twice at once is one
    row = db.scalar(select(Role).filter_by(person_id=person.id, role=role))
    person.granted = sorted({*person.granted, role})
    if row is None:
        row = Role(person_id=person.id, role=role, since=now, given_by=by.id if by else None)
        db.add(row)
        db.flush()
        _record(db, recording.ROLE_GIVEN, row, now, by)
    return row


def give_to(db: OrmSession, giver: Person, now: datetime, email: str, role: str) -> dict[str, Any]:
    """Give a role to whoever has that address, and return that; who has no account gets one.

    Raises NotAllowed where someone of the team would make an operator, and OwnRole where it would be their own.
    """
    _check_over(giver, role)
    person = ensure_account(db, email, now)
    if person.id == giver.id:
        raise OwnRole
    row = give(db, person, role, now, giver)
    return _view(row, person, db.get(Person, row.given_by) if row.given_by else None)


def take(db: OrmSession, id: str, now: datetime, by: Person | None = None) -> None:
    """Take a role back, and sign the person out everywhere. Raises NotFound, LastOperator, NotAllowed as above."""
    _take(db, now, by, Role.id == id)


def take_from(db: OrmSession, email: str, role: str, now: datetime) -> None:
    """Take the role back from whoever has that address, and sign them out everywhere. Raises NotFound, LastOperator."""
    owner = addresses.owner(db, email)
    _take(db, now, None, Role.role == role, Role.person_id == (owner.id if owner else None))


def _take(db: OrmSession, now: datetime, by: Person | None, *which: ColumnElement[bool]) -> None:
    row = db.scalar(select(Role).join(Person, Person.id == Role.person_id).where(*which))
    if row is None:
        raise NotFound("Nobody has this role any more.")
    if by is not None:
        _check_over(by, row.role)
    if row.role == OPERATOR:
        _check_not_last(db, row)
    person = db.get_one(Person, row.person_id)
    lock(db, person)
    person.granted = [role for role in person.granted if role != row.role]
    gone = db.execute(delete(Role).where(Role.id == row.id))  # which someone else may just have done
    tokens.end_all(db, person)
    if gone.rowcount:  # type: ignore[attr-defined]
        _record(db, recording.ROLE_TAKEN, row, now, by)


def _check_over(by: Person, role: str) -> None:
    """Raise NotAllowed unless they may give and take the role: operators every one, the team its own."""
    if role == OPERATOR and OPERATOR not in by.roles:
        raise NotAllowed("Only an operator can make someone an operator, or stop them being one.")


def _check_not_last(db: OrmSession, row: Role) -> None:
    """Raise LastOperator where nobody else is one. Of two who take it from each other, the second finds that out."""
    there = select(Role.id).where(Role.role == OPERATOR).order_by(Role.position).with_for_update()
    if not {*db.scalars(there)} - {row.id}:
        raise LastOperator


def _record(db: OrmSession, action: str, row: Role, now: datetime, by: Person | None) -> None:
    actor, what = by.id if by else recording.COMMAND, f"people/{row.person_id}/roles/{row.role}"
    recording.record(db, actor, action, what, now, person=row.person_id)


def page(db: OrmSession, cursor: str | None, limit: int) -> dict[str, Any]:
    """Return a page of who has which role, in the order in which they got it. Raises Invalid."""
    giver = aliased(Person)
    people = select(Role, Person, giver).join(Person, Person.id == Role.person_id)
    rows, after = page_of(db, people.outerjoin(giver, giver.id == Role.given_by), Role.position, cursor, limit)
    return {"items": [_view(row, person, by) for row, person, by, _ in rows], "next": after}


def is_there_a_team(db: OrmSession) -> bool:
    """Say whether anyone runs the programme yet."""
    return bool(db.scalar(select(exists().where(Role.role == TEAM))))


def of_person(db: OrmSession, person: Person) -> list[dict[str, Any]]:
    """Return the roles that the person has; not by whose word, who is another person."""
    theirs = select(Role).where(Role.person_id == person.id).order_by(Role.position)
    return [{"role": row.role, "since": row.since} for row in db.scalars(theirs)]


def erase(db: OrmSession, person: Person) -> None:
    """Forget the roles that the person had."""
    db.execute(delete(Role).where(Role.person_id == person.id))


def _view(row: Role, person: Person, by: Person | None) -> dict[str, Any]:
    return {"id": row.id, "person": person, "role": row.role, "since": row.since, "given_by": by}
