"""The copies of people, kept by registration's events."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session as OrmSession

from services.bus import handover, idempotency, outbox
from services.bus.envelope import Envelope
from services.notifications import drafts, messages, preferences
from services.notifications.calendar import feeds
from services.notifications.causes import (
    community,
    evaluations,
    facilitators,
    farewell,
    interests,
    invites_again,
    mailings,
)
from services.notifications.delivery import addresses
from services.notifications.delivery.transports import Transport
from services.notifications.models import Booking, MergeMove, Person


def keep(db: OrmSession, event: Envelope, now: datetime) -> None:
    """Take over who a person is; what still waits for them goes to their newest address, and so does their calendar."""
    person = Person.locked(db, event.data["id"])
    if person.erased or not person.is_behind(event.version):
        return
    before = person.email
    if before != event.data["email"]:
        addresses.unmark(db, before)
    person.version, person.email, person.name = event.version, event.data["email"], event.data["name"]
    person.know(event.data["addresses"])
    if person.email is not None:  # a guest has none
        messages.redirect(db, person.id, person.email)
        if before not in (None, person.email):
            invites_again.tell(db, event, person, now)


def back(db: OrmSession, ids: Collection[str]) -> dict[str, int]:
    """Return who of these is there, and not erased, with the version of each."""
    there = select(Person.id, Person.version).where(Person.id.in_(ids), ~Person.erased)
    return dict(db.execute(there).all())


def erased(db: OrmSession) -> Sequence[str]:
    """Return who was erased."""
    return db.scalars(select(Person.id).where(Person.erased)).all()


def erase(db: OrmSession, event: Envelope, transport: Transport, now: datetime) -> None:
    """Forget who a person was: here, in the events that are still kept, and in mail as files; counts of messages stay.

    Their last emails are queued, and have the address until they were handed over or given up.

    Raises OSError where a letter cannot be dropped.
    """
    person = Person.locked(db, event.data["id"])
    last = farewell.drafts(db, event, person, now)
    references = db.scalars(select(Booking.reference).where(Booking.person == person.id)).all()
    for reference in references:
        outbox.erase_from_inbox(db, f"bookings/{reference}")
        outbox.erase_from_inbox(db, f"feedback/{reference}")
        outbox.erase_from_inbox(db, f"sittings/{reference}")
    for subject in (
        f"removals/{person.id}",
        f"members/{person.id}",
        f"guesses/{person.id}",
        f"evaluation-answers/{person.id}",
        f"corrections/{person.id}",
        f"email-changes/{person.id}",
        f"unused/{person.id}",
        f"merges/{person.id}",
        f"choices/{person.id}",
    ):
        outbox.erase_from_inbox(db, subject)
    # Bookings first (and by the cascade their invites): that waits for whoever is writing to those who hold them.
    db.execute(delete(Booking).where(Booking.person == person.id))
    feeds.erase(db, person.id)
    community.erase(db, person.id)
    interests.erase(db, person.id)
    preferences.erase(db, person.id)
    evaluations.erase(db, person.id)
    mailings.erase(db, person.id)
    drafts.erase(db, person.id, references)
    facilitators.erase(db, person.id)
    handover.forget(db, MergeMove, person.id)
    address, letters = person.email, messages.erase(db, person.id, person.known_addresses)
    addresses.unmark(db, person.email)
    idempotency.forget_caller(db, person.id)
    idempotency.forget_naming(db, [person.id])  # what the team was answered about messages to them
    person.version, person.email, person.name, person.erased = event.version, None, None, True
    person.merged_into = person.addresses = None
    outbox.erase(db, person.id)  # what 0.1 announced of messages to them, which is kept for a week
    outbox.erase_from_inbox(db, event.subject)
    messages.queue(db, event, last, now)
    transport.forget(address, letters)  # last: whoever is sending one now finds the row gone, and drops it themselves
