"""One row a place that somebody had, kept by events: in which session, where they worked then, whether they came.

Whoever changes a row of a session that counts leaves a mark that the session has to be counted again. An answer is
made again where there is a mark that was not there when it was made.
"""

import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, delete, insert, select, update
from sqlalchemy.orm import Session as OrmSession

from services.bus.outbox import wake
from services.community.models import (
    Base,
    Booking,
    Employment,
    Person,
    Presence,
    Reached,
    ReachMark,
    ReachRoom,
    ReachWho,
    Session,
)

ALL_SECTORS = "*"  # stands for what is made of all sectors together
CAME = ("attended", "partly_attended")
AT_ONCE = 500  # places that are made again at once
NO_SESSION = ""  # marked where something else has changed that answers tell
LOOP = "make_reach"  # the name of the service's loop that counts sessions

# Written once: building a statement costs more than running it, and every booking needs these.
KNOWN = select(Reached.booking, Reached.id, Reached.session, Reached.attended)
KNOWN = KNOWN.where(Reached.booking.in_(bindparam("references", expanding=True)))
JOBS = select(Employment.person, Employment.since, Employment.sector, Employment.organisation)
JOBS = JOBS.where(Employment.person.in_(bindparam("people", expanding=True)))
JOBS = JOBS.order_by(Employment.since, Employment.id)
SESSIONS = select(Session.slug, Session.begins_at, ReachRoom.session.label("counted"))
SESSIONS = SESSIONS.outerjoin(ReachRoom, ReachRoom.session == Session.slug)
SESSIONS = SESSIONS.where(Session.slug.in_(bindparam("sessions", expanding=True)))
ROOM = select(ReachRoom.session).where(ReachRoom.session == bindparam("session"))
ADDED = insert(Base.metadata.tables[Reached.__tablename__]).inline()


def keep(db: OrmSession, bookings: Iterable[Booking]) -> None:
    """Take over what became of some places: each counts while it is confirmed, or if somebody came."""
    db.flush()
    places = {booking.reference: booking for booking in bookings}
    if not places:
        return
    known = {row.booking: row for row in db.execute(KNOWN, {"references": [*places]})}
    counted = {name: one for name, one in places.items() if one.state == "confirmed" or _came(one)}
    slugs, people = ({getattr(booking, name) for booking in counted.values()} for name in ("session", "person"))
    sessions = {row.slug: row for row in db.execute(SESSIONS, {"sessions": sorted(slugs)})} if slugs else {}
    jobs = _jobs_of(db, people) if people else {}
    added, marked = [], dict[str, bool]()
    for reference, booking in places.items():
        before = known.get(reference)
        if reference not in counted:
            if before is not None:
                db.execute(delete(Reached).where(Reached.id == before.id))
                _note(marked, before.session, before.attended)
            continue
        session = sessions.get(booking.session)
        row = _row(db, booking, session and session.begins_at, jobs.get(booking.person, []))
        if before is None:
            added.append(row)
        else:
            db.execute(update(Reached).where(Reached.id == before.id).values(row))
            if before.session != booking.session:
                _note(marked, before.session, before.attended)
        if row["attended"] or (before and before.attended) or (session and session.counted):
            marked[booking.session] = True
    if added:
        db.connection().execute(ADDED, added)
    _mark(db, marked)


def _came(booking: Booking) -> bool:
    return booking.attendance in CAME


def _note(marked: dict[str, bool], session: str, certain: bool) -> None:
    marked[session] = certain or marked.get(session, False)


def _jobs_of(db: OrmSession, people: Iterable[str]) -> dict[str, list[Any]]:
    """Return where each of these people worked, the earliest first."""
    jobs: dict[str, list[Any]] = defaultdict(list)
    for job in db.execute(JOBS, {"people": sorted(people)}):
        jobs[job.person].append(job)
    return jobs


def _row(db: OrmSession, booking: Booking, begins_at: datetime | None, jobs: Sequence[Any]) -> dict[str, Any]:
    sector, organisation = worked(jobs, begins_at)
    attended = _came(booking)
    return {
        **{"booking": booking.reference, "person": booking.person, "session": booking.session},
        **{"sector": sector, "organisation": organisation, "attended": attended},
        "absent": booking.attendance == "absent",
        "minutes": _minutes(db, booking.person, booking.session) if attended else 0,
    }


def session_changed(db: OrmSession, slug: str, is_new: bool) -> None:
    """Count the places in a session where it is now: another date may find people with another employer.

    One that was told of before is marked in any case: another process may be counting it for the first time just now.
    """
    db.flush()
    _settle(db, db.scalars(_now(Reached.session == slug)))
    _mark(db, {slug: not is_new})


def person_changed(db: OrmSession, person: Person) -> None:
    """Count what somebody attended where they worked then, as far as that is told by now."""
    db.flush()
    _settle(db, db.scalars(_now(Reached.person == person.id)))


def tables_published(db: OrmSession, session: str) -> None:
    """Count again who met in a session: who was there may have been recorded before its tables were published."""
    _mark(db, {session: True})


def forget(db: OrmSession, person: str) -> None:
    """Leave what someone attended in the figures, under a key that leads to nobody.

    An organisation that nobody else has named goes: it would tell who they were.
    """
    nobody = str(uuid.uuid4())
    db.flush()
    _forget_organisations(db, person)
    db.execute(update(ReachWho).where(ReachWho.person == person).values(person=nobody, version=None))
    db.execute(update(Reached).where(Reached.person == person).values(person=nobody, booking=None))
    _mark(db, {NO_SESSION: True})


def _forget_organisations(db: OrmSession, person: str) -> None:
    theirs = select(Employment.organisation).where(Employment.person == person).union(
        select(Reached.organisation).where(Reached.person == person),
        select(Person.organisation).where(Person.id == person),
    )  # fmt: skip
    named = {name for name in db.scalars(theirs) if name}
    jobs = select(Employment.organisation).where(Employment.person != person, Employment.organisation.in_(named))
    gone = named - {name for name in db.scalars(jobs.distinct()) if name}
    db.execute(update(Reached).where(Reached.organisation.in_(gone)).values(organisation=None))
    db.execute(update(ReachWho).where(ReachWho.organisation.in_(gone)).values(organisation=None, version=None))


def rebuild(db: OrmSession) -> None:
    """Make the rows anew from the copies of places; what is left of erased people stays as it is."""
    db.flush()
    db.execute(delete(Reached).where(Reached.booking.is_not(None)))
    for some in db.scalars(select(Booking).execution_options(yield_per=AT_ONCE)).partitions():
        keep(db, some)


def _now(condition: ColumnElement[bool]) -> Select[Reached]:
    """Return the query of rows as they are by now: `keep` writes them past the session."""
    return select(Reached).where(condition).execution_options(populate_existing=True)


def _settle(db: OrmSession, facts: Iterable[Reached]) -> None:
    """Find out again where people worked. Of whoever was erased that is not known any more, and stays."""
    for fact in list(facts):
        if fact.booking is not None:
            _settle_one(db, fact)
        _mark(db, {fact.session: fact.attended})
    db.flush()


def _settle_one(db: OrmSession, fact: Reached) -> None:
    begins_at = db.scalar(select(Session.begins_at).where(Session.slug == fact.session))
    fact.sector, fact.organisation = worked(_jobs_of(db, [fact.person])[fact.person], begins_at)
    fact.minutes = _minutes(db, fact.person, fact.session) if fact.attended else 0


def _minutes(db: OrmSession, person: str, session: str) -> int:
    """Return how long the meetings took that someone was at."""
    told = db.get(Session, session)
    there = select(Presence.meeting).where(Presence.session == session, Presence.person == person)
    numbers = [n for n in db.scalars(there) if told is not None and n <= len(told.meetings)]
    meetings = [told.meetings[n - 1] for n in numbers if told is not None]
    return sum(_length_of(meeting) for meeting in meetings)


def _length_of(meeting: Mapping[str, str]) -> int:
    """Return the minutes of a meeting."""
    length = datetime.fromisoformat(meeting["ends_at"]) - datetime.fromisoformat(meeting["starts_at"])
    return int(length.total_seconds() // 60)


def worked(jobs: Sequence[Any], begins_at: datetime | None) -> tuple[str, str | None]:
    """Return the sector and organisation that someone had when a session began, or else their first.

    `jobs` are what they had, the earliest first.
    """
    then = [job for job in jobs if begins_at is None or job.since <= begins_at] or jobs[:1]
    return (then[-1].sector or "", then[-1].organisation) if then else ("", None)


def _mark(db: OrmSession, sessions: Mapping[str, bool]) -> None:
    """Have these sessions counted again: those of which this is true, and others if they have been counted before.

    Before a session is over, a place counts for nothing, and costs nothing here.
    """
    counted = [
        {"sector": ALL_SECTORS, "session": slug}
        for slug, certain in sessions.items()
        if certain or db.scalar(ROOM, {"session": slug}) is not None
    ]
    if counted:
        db.execute(insert(ReachMark), counted)
        wake(db, LOOP)
