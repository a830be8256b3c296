"""What goes into the file, page by page. Secrets do not: see decision 0049.

Bookings are read before people: nobody is in a booking who was not there when the people are read.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session as OrmSession
from sqlalchemy.orm import aliased

from services.registration.models import (
    Address,
    Attendance,
    Booking,
    Certificate,
    Change,
    Coordinator,
    Employment,
    Facilitator,
    Interest,
    Person,
    QuestionSet,
    Role,
    Session,
    Suggestion,
)
from services.registration.schemas import transfer as schemas
from services.runtime.refusals import NotFound

AT_ONCE: Final = 200
Row = dict[str, Any]
OF_PEOPLE: Final[Mapping[str, tuple[Any, Any]]] = {  # what is below each person, and in which order
    "addresses": (Address, (Address.added_at, Address.email)),
    "employments": (Employment, (Employment.created_at, Employment.id)),
    "roles": (Role, (Role.position,)),
    "interests": (Interest, (Interest.position,)),
    "suggestions": (Suggestion, (Suggestion.position,)),
    "facilitates": (Facilitator, (Facilitator.position,)),
    "coordinates": (Coordinator, (Coordinator.position,)),
}
BESIDE: Final = (*OF_PEOPLE, "emails", "history", "certificates", "person", "session", "instead_of")


def page(db: OrmSession, part: str, cursor: str | None) -> Row:
    """Return a page of a part of the file, `{questions|people|bookings, attendance?, next}`. Raises NotFound."""
    if part not in PARTS:
        raise NotFound("There is no such part.")
    return PARTS[part](db, cursor)


def _questions(db: OrmSession, cursor: str | None) -> Row:
    there = select(QuestionSet).join(Session, Session.slug == QuestionSet.session_slug)
    rows = db.scalars(there.where(QuestionSet.session_slug > (cursor or "")).order_by(QuestionSet.session_slug)
                      .limit(AT_ONCE)).all()  # fmt: skip
    said = [{"session": row.session_slug, **_of(row, schemas.QuestionsInFile)} for row in rows]
    return {"questions": _dumped(schemas.QuestionsInFile, said), "next": _next(rows, lambda row: row.session_slug)}


def _people(db: OrmSession, cursor: str | None) -> Row:
    there = select(Person).where(Person.id > (cursor or "")).order_by(Person.id).limit(AT_ONCE)
    people = db.scalars(there).all()
    said = {person.id: _of(person, schemas.PersonInFile) for person in people}
    for name, (kind, order) in OF_PEOPLE.items():
        below = _below(db, kind, kind.person_id, [*said], order)
        for id, person in said.items():
            person[name] = below[id]
    return {"people": _dumped(schemas.PersonInFile, [*said.values()]), "next": _next(people, lambda one: one.id)}


def _bookings(db: OrmSession, cursor: str | None) -> Row:
    other = aliased(Booking)
    there = select(Booking, other.reference).outerjoin(other, other.id == Booking.instead_of_id)
    after = int(cursor) if cursor and cursor.isdecimal() else 0
    rows = db.execute(there.where(Booking.id > after).order_by(Booking.id).limit(AT_ONCE)).all()
    bookings: list[Booking] = [row[0] for row in rows]
    ids = [booking.id for booking in bookings]
    history = _below(db, Change, Change.booking_id, ids, (Change.id,))
    certificates = _below(db, Certificate, Certificate.booking_id, ids, (Certificate.issued_at, Certificate.code))
    said = []
    for booking, instead_of in rows:
        named = {"person": booking.person_id, "session": booking.session_slug, "instead_of": instead_of}
        entries = [{**_of(row, schemas.ChangeInFile, "actor", "session"), "actor": row.actor_id,
                    "session": row.session_slug} for row in history[booking.id]]  # fmt: skip
        below = {"history": entries, "certificates": certificates[booking.id]}
        said.append({**_of(booking, schemas.BookingInFile), **named, **below})
    return {
        "bookings": _dumped(schemas.BookingInFile, said),
        "attendance": _dumped(schemas.AttendanceInFile, _attendance(db, bookings)),
        "next": _next(bookings, lambda booking: str(booking.id)),
    }


def _attendance(db: OrmSession, bookings: Sequence[Booking]) -> list[Row]:
    by_id = {booking.id: booking for booking in bookings}
    slugs = {booking.session_slug for booking in bookings}
    sessions = {session.slug: session for session in db.scalars(select(Session).where(Session.slug.in_(slugs)))}
    rows = db.scalars(select(Attendance).where(Attendance.booking_id.in_(by_id)).order_by(Attendance.id))
    said = []
    for row in rows:
        booking = by_id[row.booking_id]
        n, former = _meeting(sessions[booking.session_slug], row.meeting)
        if n is None and former is None:
            continue  # of a session that they moved away from since: the history says so
        plain = _of(row, schemas.AttendanceInFile, "reference", "meeting", "former")
        said.append({**plain, "reference": booking.reference, "meeting": n, "former": former})
    return sorted(said, key=lambda row: row["reference"])  # stable: each booking's in the order of recording


def _meeting(session: Session, id: int) -> tuple[int | None, Any]:
    """Return the number of a meeting; of one that the session has no more, when it was."""
    if id in session.numbers:
        return session.numbers[id], None
    found = next((meeting for meeting in session.former_meetings if meeting["id"] == id), None)
    return None, schemas.FormerMeeting().load({n: found[n] for n in ("starts_at", "ends_at")}) if found else None


def _below(db: OrmSession, kind: Any, owner: Any, ids: Sequence[Any], order: Any) -> dict[Any, list[Any]]:
    found: dict[Any, list[Any]] = defaultdict(list)
    for row in db.scalars(select(kind).where(owner.in_(ids)).order_by(*order)):
        found[getattr(row, owner.key)].append(row)
    return found


def _of(row: Any, schema: Any, *but: str) -> Row:
    names = [name for name in schema._declared_fields if name not in (*BESIDE, *but)]
    return {name: getattr(row, name) for name in names}


def _dumped(schema: Any, rows: Sequence[Any]) -> list[Row]:
    return list(schema(many=True).dump(rows))


def _next(rows: Sequence[Any], key: Callable[[Any], str]) -> str | None:
    return key(rows[-1]) if len(rows) == AT_ONCE else None


PARTS: Final[Mapping[str, Callable[[OrmSession, str | None], Row]]] = {
    "questions": _questions,
    "bookings": _bookings,
    "people": _people,
}
