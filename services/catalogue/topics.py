"""Topics: a theme is known from the first time that it is named."""

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session as OrmSession

from services.catalogue.models import Topic


def known(db: OrmSession) -> list[str]:
    """Return every topic, the first one first."""
    return list(db.scalars(select(Topic.slug).order_by(Topic.id)))


def remember(db: OrmSession, slugs: Iterable[str]) -> set[str]:
    """Make `slugs` known, and return those that are new."""
    wanted = list(slugs)
    there = set(db.scalars(select(Topic.slug).where(Topic.slug.in_(wanted))))
    new = [slug for slug in wanted if slug not in there]
    if not new:
        return set()
    try:
        with db.begin_nested():
            db.add_all(Topic(slug=slug) for slug in new)
    except IntegrityError:  # another transaction named one of them meanwhile, and is over: look again
        return remember(db, wanted)
    return set(new)
