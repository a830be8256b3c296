"""The copies of sessions, kept by the catalogue's events."""

from sqlalchemy.orm import Session as OrmSession

from services.bus.envelope import Envelope, as_json
from services.notifications.models import Session


def keep(db: OrmSession, event: Envelope) -> Session | None:
    """Take over what a session is now. Returns it, or None where the event is stale."""
    session = Session.locked(db, event.data["slug"])
    if not session.is_behind(event.version):
        return None
    told = as_json(event.data)
    session.version, session.title, session.status = event.version, told["title"], told["status"]
    session.cancel_reason, session.join_url = told["cancel_reason"], told["join_url"]
    session.meetings, session.venue = told["meetings"], told["venue"]
    session.programme = told["programme"]
    return session
