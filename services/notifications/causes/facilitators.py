"""Telling somebody that they facilitate a session, and where they find what they do there."""

from datetime import datetime

from sqlalchemy.orm import Session as OrmSession

from services.bus.envelope import Envelope
from services.notifications import messages
from services.notifications.models import Person, Session


def tell(db: OrmSession, event: Envelope, now: datetime) -> None:
    """Queue word of it; also where the session is over, and its attendance is still to be noted. Raises NotYetKnown."""
    session, person = Session.known(db, event.data["session"]), Person.known(db, event.data["person"])
    if person.email is None or session.status != "published":
        return
    facts = {"name": person.name, "title": session.title, "meetings": session.meetings}
    matters_at = None if session.is_over(now) else session.begins_at
    draft = messages.Draft.to_person(person, "facilitator_named", facts, session=session.slug, matters_at=matters_at)
    messages.queue(db, event, [draft], now)
