"""Speakers: public in their own right, and part of every session that they lead."""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session as OrmSession

from services.catalogue import schemas
from services.catalogue.editing import add_with_slug, check_version, locked, whole
from services.catalogue.events import announce_changes, announcing
from services.catalogue.models import Session, SessionSpeaker, Speaker


def create(db: OrmSession, given: dict[str, Any], now: datetime) -> Speaker:
    """Add the speaker that is `given` as `schemas.NewSpeaker` loads them, and announce them. Raises Invalid."""
    speaker = Speaker()
    assign(speaker, given)
    add_with_slug(db, speaker, given.get("slug"), given["name"])
    announce_changes(db, now, {}, [speaker])
    return speaker


def change(db: OrmSession, slug: str, version: int, given: dict[str, Any], now: datetime) -> Speaker:
    """Change the fields that are `given`. Raises NotFound, StaleVersion, Invalid."""
    speaker = locked(db, Speaker, slug=slug)
    check_version(speaker, version)
    wanted = whole(schemas.NewSpeaker, speaker, given)
    led = select(SessionSpeaker.session_id).where(SessionSpeaker.speaker_id == speaker.id)
    theirs = select(Session).where(Session.id.in_(led)).order_by(Session.id).with_for_update()
    sessions = db.scalars(theirs.execution_options(populate_existing=True)).all()
    with announcing(db, now, speaker, *sessions):  # they carry the speaker's name and bio
        assign(speaker, wanted)
    return speaker


def assign(speaker: Speaker, given: dict[str, Any]) -> None:
    """Make the speaker what is `given`, whole."""
    for name in ("name", "bio", "affiliation"):
        setattr(speaker, name, given[name])
