"""One row a place that somebody had, kept by events: in which session, where they worked then, whether they came.

Whoever changes a row leaves a mark that the figures of its sector are out of date.
"""

import uuid
from collections.abc import Iterable

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session as OrmSession

from services.bus.outbox import wake
from services.community.models import Booking, Employment, Person, Reached, ReachMark, Session

ALL_SECTORS = "*"  # stands for what is made of all sectors together
CAME = ("attended", "partly_attended")
LOOP = "make_reach"  # the name of the service's loop that makes the figures


def keep(db: OrmSession, booking: Booking) -> None:
    """Take over what became of a place: it counts while it is confirmed, or if somebody came."""
    fact = db.scalar(select(Reached).where(Reached.booking == booking.reference))
    if fact is not None:
        _mark(db, [(fact.sector, fact.session)])
    if booking.state != "confirmed" and booking.attendance not in CAME:
        if fact is not None:
            db.delete(fact)
            db.flush()
        return
    if fact is None:
        fact = Reached(booking=booking.reference)
        db.add(fact)
    fact.person, fact.session, fact.attended = booking.person, booking.session, booking.attendance in CAME
    fact.sector, fact.organisation = _worked(db, booking.person, booking.session)
    db.flush()
    _mark(db, [(fact.sector, fact.session)])


def session_changed(db: OrmSession, slug: str) -> None:
    """Count the places in a session where it is now: another date may find people with another employer."""
    db.flush()
    _settle(db, db.scalars(select(Reached).where(Reached.session == slug)))


def person_changed(db: OrmSession, person: Person) -> None:
    """Count what somebody attended where they worked then, as far as that is told by now."""
    db.flush()
    _settle(db, db.scalars(select(Reached).where(Reached.person == person.id)))
    _mark(db, [(person.sector or "", None)])


def tables_published(db: OrmSession, session: str) -> None:
    """Count again who met in a session: who was there may have been recorded before its tables were published."""
    _mark(db, [(ALL_SECTORS, session)])


def forget(db: OrmSession, person: str) -> None:
    """Leave what someone attended in the figures, under a key that leads to nobody.

    An organisation that nobody else has named goes: it would tell who they were.
    """
    nobody = str(uuid.uuid4())
    db.flush()
    _forget_organisations(db, person)
    now_in = select(Person.sector).where(Person.id == person)
    sectors = {*db.scalars(select(Reached.sector).where(Reached.person == person)), *db.scalars(now_in)}
    _mark(db, [(sector, None) for sector in sectors if sector is not None])
    db.execute(update(Reached).where(Reached.person == person).values(person=nobody, booking=None))


def _forget_organisations(db: OrmSession, person: str) -> None:
    theirs = select(Employment.organisation).where(Employment.person == person).union(
        select(Reached.organisation).where(Reached.person == person),
        select(Person.organisation).where(Person.id == person),
    )  # fmt: skip
    named = {name for name in db.scalars(theirs) if name}
    jobs = select(Employment.organisation).where(Employment.person != person, Employment.organisation.in_(named))
    gone = named - {name for name in db.scalars(jobs.distinct()) if name}
    db.execute(update(Reached).where(Reached.organisation.in_(gone)).values(organisation=None))


def rebuild(db: OrmSession) -> None:
    """Make the rows anew from the copies of places; what is left of erased people stays as it is."""
    db.flush()
    db.execute(delete(Reached).where(Reached.booking.is_not(None)))
    for booking in db.scalars(select(Booking)).all():
        keep(db, booking)


def _settle(db: OrmSession, facts: Iterable[Reached]) -> None:
    """Find out again where people worked. Of whoever was erased that is not known any more, and stays."""
    for fact in list(facts):
        _mark(db, [(fact.sector, fact.session)])
        if fact.booking is not None:
            fact.sector, fact.organisation = _worked(db, fact.person, fact.session)
            _mark(db, [(fact.sector, fact.session)])
    db.flush()


def _worked(db: OrmSession, person: str, session: str) -> tuple[str, str | None]:
    """Return the sector and organisation that somebody had when a session began, or else their first."""
    theirs = select(Employment).where(Employment.person == person).order_by(Employment.since, Employment.id)
    jobs = db.scalars(theirs).all()
    told = db.get(Session, session)
    begins_at = told.begins_at if told is not None else None
    then = [job for job in jobs if begins_at is None or job.since <= begins_at] or jobs[:1]
    return (then[-1].sector or "", then[-1].organisation) if then else ("", None)


def _mark(db: OrmSession, changed: Iterable[tuple[str, str | None]]) -> None:
    if marks := [{"sector": sector, "session": session} for sector, session in changed]:
        db.execute(insert(ReachMark), marks)
    wake(db, LOOP)
