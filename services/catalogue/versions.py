"""How far the versions of what is gone had come: readers remember them, and believe of a namesake only later ones."""

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session as OrmSession

from services.catalogue.events import Thing
from services.catalogue.models import Removed


def begin_above(db: OrmSession, things: Iterable[Thing]) -> None:
    """Have each of `things`, which are new and have their slugs, begin later than any of its kind that was removed."""
    highest = {row.kind: row.version for row in db.scalars(select(Removed))}
    for thing in things:
        thing.version = highest.get(thing.subject.partition("/")[0], 0) + 1
    db.flush()


def remember(db: OrmSession, gone: Thing, version: int) -> None:
    """Keep the version that `gone`, which is removed, had come to: a number alone, and no name."""
    kind = gone.subject.partition("/")[0]
    try:
        with db.begin_nested():
            db.add(Removed(kind=kind, version=version))
    except IntegrityError:
        there = db.get_one(Removed, kind, with_for_update=True, populate_existing=True)
        there.version = max(there.version, version)
    db.flush()
