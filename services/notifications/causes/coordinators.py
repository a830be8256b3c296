"""Telling those who coordinate an organisation that they do."""

from datetime import datetime

from sqlalchemy.orm import Session as OrmSession

from services.bus.envelope import Envelope
from services.notifications import messages
from services.notifications.models import Person


def tell(db: OrmSession, event: Envelope, now: datetime) -> None:
    """Queue word of it. Raises NotYetKnown."""
    person = Person.current(db, event.data["person"])
    if person.email is not None:
        facts = {"name": person.name, "organisation": event.data["organisation"]}
        messages.queue(db, event, [messages.Draft.to_person(person, "coordinator_named", facts)], now)
