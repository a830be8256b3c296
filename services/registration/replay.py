"""Telling again who there is, what they have booked and where they were, to a reader that does not know it.

People come first, then which accounts are a part of another, then all bookings as they are now, what was recorded at
each, and who facilitates what. Of those who were erased nothing is told but that they are to be forgotten: a reader
restored from a backup may still know them.
"""

from collections.abc import Callable
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session as OrmSession

from services.registration.evaluation.announcing import evaluation_answered, evaluation_changed
from services.registration.events import (
    attendance_recorded,
    booking_event,
    facilitator_named,
    person_erased,
    person_event,
    person_merged,
)
from services.registration.merging.lasting import merge_of
from services.registration.models import (
    Attendance,
    Booking,
    Evaluation,
    EvaluationAnswer,
    EvaluationLink,
    Facilitator,
    Person,
)
from services.registration.outcomes.settling import in_force

AT_ONCE = 200
PLAIN = {  # the event that tells of each state, and the plainest of its causes: why it came about is not told again
    "confirmed": ("registration.booking_confirmed.v1", "booked"),
    "waiting": ("registration.booking_waitlisted.v1", "joined"),
    "offered": ("registration.place_offered.v1", "freed"),
    "cancelled": ("registration.booking_cancelled.v1", "cancelled"),
}

Part = Callable[[OrmSession, Any], Any]


def tell(db: OrmSession, cursor: tuple[int, Any] | None) -> tuple[int, Any] | None:
    """Announce a page of what there is; return where to go on, None at the end."""
    part, after = cursor or (0, None)
    last = PARTS[part](db, after)
    if last is not None:
        return part, last
    return (part + 1, None) if part + 1 < len(PARTS) else None


def _people(db: OrmSession, after: str | None) -> str | None:
    """Tell of people. They are locked: whoever is erased meanwhile would else be named in the outbox afterwards."""
    there = select(Person).where(Person.erased_at.is_(None), Person.merged_into.is_(None))
    there = there.where(Person.id > (after or "")).order_by(Person.id)
    people = db.scalars(there.limit(AT_ONCE).with_for_update(read=True)).all()
    for person in people:
        person_event(db, "registration.person_changed.v1", person)
    return people[-1].id if people else None


def _merged(db: OrmSession, after: str | None) -> str | None:
    """Tell of accounts that are a part of another: by themselves they are nobody any more."""
    there = select(Person).where(Person.merged_into.is_not(None), Person.erased_at.is_(None), Person.id > (after or ""))
    people = db.scalars(there.order_by(Person.id).limit(AT_ONCE).with_for_update(read=True)).all()
    for person in people:
        person_merged(db, person, merge_of(db, person), told_before=True)
    return people[-1].id if people else None


def _erased(db: OrmSession, after: str | None) -> str | None:
    gone = select(Person).where(Person.erased_at.is_not(None), Person.id > (after or "")).order_by(Person.id)
    people = db.scalars(gone.limit(AT_ONCE)).all()
    for person in people:
        person_erased(db, person, told_before=True)
    return people[-1].id if people else None


def _bookings(db: OrmSession, after: int | None) -> int | None:
    bookings = db.scalars(_after(after)).all()
    for booking in bookings:
        what, cause = PLAIN[booking.state]
        booking_event(db, what, booking, cause=cause, by="system")
    return bookings[-1].id if bookings else None


def _attendance(db: OrmSession, after: int | None) -> int | None:
    recorded = select(Attendance.id).where(Attendance.booking_id == Booking.id, Attendance.replaced_at.is_(None))
    bookings = db.scalars(_after(after).where(recorded.exists())).all()
    known = in_force(db, bookings)
    for booking in bookings:
        attendance_recorded(db, booking, {n: row.present for n, row in known[booking.id].items()})
    return bookings[-1].id if bookings else None


def _facilitators(db: OrmSession, after: int | None) -> int | None:
    """Tell who facilitates what, also of sessions that are over: their details may still change."""
    there = select(Facilitator).where(Facilitator.position > (after or 0)).order_by(Facilitator.position)
    rows = db.scalars(there.limit(AT_ONCE)).all()
    for row in rows:
        facilitator_named(db, row, new=False)
    return rows[-1].position if rows else None


def _evaluations(db: OrmSession, after: str | None) -> str | None:
    there = select(Evaluation).where(Evaluation.subject > (after or "")).order_by(Evaluation.subject)
    rows = db.scalars(there.limit(AT_ONCE)).all()
    for row in rows:
        evaluation_changed(db, row)
    return rows[-1].subject if rows else None


def _evaluations_answered(db: OrmSession, after: int | None) -> int | None:
    """Tell who need not be asked any more, as long as it is known whose answers are whose."""
    there = select(EvaluationAnswer, EvaluationLink.person_id)
    there = there.join(EvaluationLink, EvaluationLink.key == EvaluationAnswer.key)
    there = there.where(EvaluationAnswer.id > (after or 0)).order_by(EvaluationAnswer.id)
    rows = db.execute(there.limit(AT_ONCE)).all()
    for row, person in rows:
        evaluation_answered(db, person, row, row.given_at or row.counted_from)
    return rows[-1][0].id if rows else None


def _after(after: int | None) -> Select[Booking]:
    """Return the query of the next bookings, those of erased people left out."""
    there = select(Booking).join(Person).where(Person.erased_at.is_(None), Booking.id > (after or 0))
    return there.order_by(Booking.id).limit(AT_ONCE)


PARTS: tuple[Part, ...] = (
    *(_people, _merged, _erased, _bookings, _attendance, _facilitators),
    *(_evaluations, _evaluations_answered),
)
