"""What is removed for good: drafts, and speakers of no session."""

from sqlalchemy import select
from sqlalchemy.orm import Session as OrmSession

from services.bus.outbox import announce
from services.catalogue import pictures, versions
from services.catalogue.editing import locked
from services.catalogue.errors import SessionNotDraft, SpeakerNamed
from services.catalogue.models import Session, SessionSpeaker, Speaker

MOST_TOLD = 20  # sessions that are in the way


def delete_session(db: OrmSession, slug: str) -> None:
    """Remove a draft and its materials, of which nobody knows. Raises NotFound, SessionNotDraft."""
    session = locked(db, Session, slug=slug)
    if session.status != "draft":
        raise SessionNotDraft
    for material in session.materials:
        db.delete(material)
    pictures.let_go_of(db, session)
    db.delete(session)
    db.flush()
    versions.remember(db, session, session.version)


def delete_speaker(db: OrmSession, slug: str) -> None:
    """Remove a speaker who is named by no session, draft, past or cancelled, and tell of it.

    Whoever has a session name a speaker locks them first: that is seen here, or finds them gone. Raises NotFound,
    and SpeakerNamed with the first of the `sessions`, as `[{slug, title}]`.
    """
    speaker = locked(db, Speaker, slug=slug)
    theirs = select(Session).join(SessionSpeaker).where(SessionSpeaker.speaker_id == speaker.id).order_by(Session.id)
    if named := db.scalars(theirs.limit(MOST_TOLD)).all():
        raise SpeakerNamed(sessions=[{"slug": session.slug, "title": session.title} for session in named])
    pictures.let_go_of(db, speaker)
    db.delete(speaker)
    db.flush()
    version = speaker.version + 1
    versions.remember(db, speaker, version)
    announce(db, "catalogue.speaker_removed.v1", speaker.subject, version, {"slug": slug, "version": version})
