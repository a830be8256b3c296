"""The copies of sessions, kept by the catalogue's events."""

from sqlalchemy.orm import Session as OrmSession

from services.bus.envelope import Envelope, as_json
from services.community.models import Session
from services.community.reach import facts

COPIED = ("programme", "programme_title", "title", "topics", "delivery", "status")


def keep(db: OrmSession, event: Envelope) -> None:
    """Take over what a session is now."""
    session = Session.locked(db, event.data["slug"])
    if not session.is_behind(event.version):
        return
    meetings, is_new = event.data["meetings"], not session.version
    session.version, session.meetings = event.version, as_json(meetings)
    session.begins_at = min((meeting["starts_at"] for meeting in meetings), default=None)
    session.ends_at = max((meeting["ends_at"] for meeting in meetings), default=None)
    for name in COPIED:
        setattr(session, name, event.data[name])
    facts.session_changed(db, session.slug, is_new)
