"""Programmes: public from the moment that they are made."""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session as OrmSession

from services.catalogue import schemas, topics
from services.catalogue.editing import add_with_slug, check_version, locked, whole
from services.catalogue.events import announce_changes, announcing
from services.catalogue.models import Programme, Session

PLAIN = (
    *("title", "format", "summary", "audience", "outcomes", "ambition"),
    *("hand_on", "cancel_days", "by_application"),
)


def create(db: OrmSession, given: dict[str, Any], now: datetime) -> Programme:
    """Make the programme that is `given` as `schemas.NewProgramme` loads it, and announce it. Raises Invalid."""
    programme = Programme()
    assign(db, programme, given)
    add_with_slug(db, programme, given.get("slug"), given["title"])
    announce_changes(db, now, {}, [programme])
    return programme


def change(db: OrmSession, slug: str, version: int, given: dict[str, Any], now: datetime) -> Programme:
    """Change the fields that are `given`. Raises NotFound, StaleVersion, Invalid."""
    programme = locked(db, Programme, slug=slug)
    check_version(programme, version)
    wanted = whole(schemas.NewProgramme, programme, given)
    theirs = select(Session).where(Session.programme_id == programme.id).order_by(Session.id).with_for_update()
    sessions = db.scalars(theirs.execution_options(populate_existing=True)).all()
    # Sessions carry its title and its rules, and its materials its topics.
    with announcing(db, now, programme, *sessions, *programme.materials):
        assign(db, programme, wanted)
    return programme


def assign(db: OrmSession, programme: Programme, given: dict[str, Any]) -> None:
    """Make the programme what is `given`, whole."""
    programme.topics = topics.settle(db, given["topics"])
    for name in PLAIN:
        setattr(programme, name, given[name])
