"""The copies of people, kept by registration's events, and where they have worked."""

from collections.abc import Collection, Sequence

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session as OrmSession

from services.bus import handover, idempotency, outbox
from services.bus.envelope import Envelope
from services.community import my_data, table_wishes
from services.community.models import Booking, Employment, MergeMove, Person, Presence, Seat, Sector
from services.community.reach import facts


def keep_sectors(db: OrmSession, event: Envelope) -> None:
    """Take over the settings of the city; one that went stays, as people have worked there."""
    for sector in event.data["sectors"]:
        db.merge(Sector(**sector))


def keep(db: OrmSession, event: Envelope) -> None:
    """Take over who a person is. Who says of another employer is the same person, with one employment more."""
    person = Person.locked(db, event.data["id"])
    if person.erased or not person.is_behind(event.version):
        return
    told = event.data
    worked = (person.sector, person.organisation)
    person.version = event.version
    for name in ("email", "name", "sector", "organisation"):
        setattr(person, name, told[name])
    person.created_at = told["created_at"] or person.created_at
    if told["sector"] and worked != (person.sector, person.organisation):
        job = Employment(person=person.id, sector=person.sector, organisation=person.organisation, since=event.time)
        db.add(job)
        facts.person_changed(db, person)


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
