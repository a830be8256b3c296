"""The copies of people, kept by registration's events, and where they have worked."""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session as OrmSession

from services.bus import handover, idempotency, outbox
from services.bus.envelope import Envelope
from services.community import my_data, table_wishes
from services.community.models import Booking, Employment, MergeMove, Person, Presence, Seat, Sector
from services.community.reach import facts

ALWAYS: Final = datetime(1970, 1, 1, tzinfo=UTC)


def keep_sectors(db: OrmSession, event: Envelope) -> None:
    """Take over the settings of the city; one that went stays, as people have worked there."""
    Sector.keep_all(db, event.data["sectors"], event.version)


def keep(db: OrmSession, event: Envelope) -> None:
    """Take over who a person is. Who says of another employer is the same person, with one employment more."""
    person = Person.locked(db, event.data["id"])
    if person.erased or not person.is_behind(event.version):
        return
    person.version = event.version
    if take_over(db, person, event):
        facts.person_changed(db, person)


def take_over(db: OrmSession, person: Person, event: Envelope) -> bool:
    """Take over what an event says of a person; return whether they work, or worked, elsewhere than was known."""
    told, worked = event.data, (person.sector, person.organisation)
    for name in ("email", "name", "sector", "organisation"):
        setattr(person, name, told[name])
    person.created_at = told["created_at"] or person.created_at
    if told["employments"] is not None:
        return _keep_employments(db, person.id, told["employments"], event.time)
    if not told["sector"] or worked == (person.sector, person.organisation):
        return False
    db.add(Employment(person=person.id, sector=person.sector, organisation=person.organisation, since=event.time))
    return True


def _keep_employments(db: OrmSession, person: str, told: list[dict[str, Any]], at: datetime) -> bool:
    """Take over where someone worked from when on; return whether that is other than what was known.

    Of one without a beginning we know no less than we are told: what we heard of before it stays, under its own days.
    """
    rows = db.scalars(select(Employment).where(Employment.person == person).order_by(Employment.since, Employment.id))
    known = [(row.sector, row.organisation, row.since) for row in rows]
    dated = [(job["sector"], job["organisation"], job["since"]) for job in told if job["since"]]
    undated = [job for job in told if not job["since"]]
    jobs = dated
    if undated:
        first = min((since for *_, since in dated), default=None)
        before = [job for job in known if first is None or job[2] < first]
        since = before[-1][2] if before else ALWAYS if dated else at
        jobs = [*before[:-1], (undated[-1]["sector"], undated[-1]["organisation"], since), *dated]
    if jobs == known:
        return False
    db.execute(delete(Employment).where(Employment.person == person))
    for sector, organisation, since in jobs:
        db.add(Employment(person=person, sector=sector, organisation=organisation, since=since))
    return True


def number(db: OrmSession) -> int:
    """Return how many people are known."""
    return db.scalar(select(func.count()).select_from(Person).where(~Person.erased, Person.merged_into.is_(None))) or 0


def back(db: OrmSession, ids: Collection[str]) -> dict[str, int]:
    """Return who of these is there, and not erased, with the version of each."""
    there = select(Person.id, Person.version).where(Person.id.in_(ids), ~Person.erased)
    return dict(db.execute(there).all())


def erased(db: OrmSession) -> Sequence[str]:
    """Return who was erased."""
    return db.scalars(select(Person.id).where(Person.erased)).all()


def erase(db: OrmSession, event: Envelope) -> None:
    """Forget who a person was, whom they met, and where they worked: here, and in the events that are still kept."""
    person = Person.locked(db, event.data["id"])
    references = db.scalars(select(Booking.reference).where(Booking.person == person.id)).all()
    for reference in references:
        outbox.erase_from_inbox(db, f"bookings/{reference}")
    table_wishes.forget(db, references)
    facts.forget(db, person.id)
    for kept in (Booking, Presence, Seat, Employment):
        db.execute(delete(kept).where(kept.person == person.id))
    my_data.forget(db, person.id)
    handover.forget(db, MergeMove, person.id)
    handover.forget_naming(db, MergeMove, person.id)
    person.version, person.email, person.name, person.erased = event.version, None, None, True
    person.sector = person.organisation = person.created_at = person.merged_into = None
    idempotency.forget_caller(db, person.id)
    idempotency.forget_naming(db, [person.id])
    outbox.erase(db, person.id)
    outbox.erase_from_inbox(db, event.subject)
