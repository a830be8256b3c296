"""The copies of people, kept by registration's events."""

from sqlalchemy import delete, select
from sqlalchemy.orm import Session as OrmSession

from services.bus import answers, outbox
from services.bus.envelope import Envelope
from services.notifications import interests, mailings, messages, preferences
from services.notifications.models import Booking, Person


def keep(db: OrmSession, event: Envelope) -> None:
    """Take over who a person is; what still waits for them goes to their newest address."""
    person = Person.locked(db, event.data["id"])
    if person.erased or not person.is_behind(event.version):
        return
    person.version, person.email, person.name = event.version, event.data["email"], event.data["name"]
    messages.redirect(db, person.id, event.data["email"])


def erase(db: OrmSession, event: Envelope) -> None:
    """Forget who a person was, here and in the events that are still kept; counts of messages stay."""
    person = Person.locked(db, event.data["id"])
    for reference in db.scalars(select(Booking.reference).where(Booking.person == person.id)).all():
        outbox.erase_from_inbox(db, f"bookings/{reference}")
        outbox.erase_from_inbox(db, f"feedback/{reference}")
    # Bookings first (and by the cascade their invites): that waits for whoever is writing to those who hold them.
    db.execute(delete(Booking).where(Booking.person == person.id))
    interests.erase(db, person.id)
    preferences.erase(db, person.id)
    mailings.erase(db, person.id)
    messages.erase(db, person.id, person.email)
    answers.forget_caller(db, person.id)
    answers.forget_naming(db, [person.id])  # what the team was answered about messages to them
    person.version, person.email, person.name, person.erased = event.version, None, None, True
    outbox.erase(db, person.id)
    outbox.erase_from_inbox(db, event.subject)
