"""Importing a sheet: first what would come of it is shown, then it is done, all of it or nothing.

An import adds and changes, and never takes away; an empty cell changes nothing. So importing a sheet again changes
nothing.
"""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session as OrmSession

from services.catalogue.importing import everything
from services.catalogue.models import Import, ImportLine
from services.catalogue.sheets import materials, sessions, speakers
from services.catalogue.sheets.kept import kept
from services.catalogue.sheets.work import Work
from services.runtime.refusals import Invalid, NotFound
from services.runtime.sheets import Columns, read

MOST_LINES: Final = 1000  # for what is made of each takes time, in which nobody else is answered


@dataclass(frozen=True)
class Kind:
    """What can be imported: the columns of a sheet, and what its lines do."""

    columns: Columns
    put: Callable[[Work], None]


KINDS: Final[Mapping[str, Kind]] = MappingProxyType(
    {
        "speakers": Kind(speakers.COLUMNS, speakers.put),
        "sessions": Kind(sessions.COLUMNS, sessions.put),
        "materials": Kind(materials.COLUMNS, materials.put),
    }
)


def look(db: OrmSession, kind: str, text: str, now: datetime) -> dict[str, Any]:
    """Return what would come of a sheet. Nothing is kept. Raises NotFound where nothing of this kind is imported.

    That is `{add, change, same, errors, duplicates}`: three counts; errors as `{line, column, field, code, limits,
    message}`; and what is new and may be there already, as `{line, name, like, slug, like_line}`: the slug of what is
    there, or a line before.
    """
    with db.begin_nested() as savepoint:
        work = _done(db, kind, text, now)
        savepoint.rollback()
    db.info.pop("announced", None)  # a topic that would be back: nobody is told, and nobody is to wait for it
    return {**work.counts(), "errors": work.errors, "duplicates": work.duplicates}


def take(db: OrmSession, kind: str, text: str, by: str, now: datetime) -> dict[str, Any]:
    """Import a sheet, and return `{id, add, change, same}`. Raises NotFound, Invalid with all that is wrong."""
    try:
        with db.begin_nested():
            return _take(db, kind, text, by, now)
    except IntegrityError:  # someone else made one of these meanwhile: look again
        db.expire_all()
        return _take(db, kind, text, by, now)


def _take(db: OrmSession, kind: str, text: str, by: str, now: datetime) -> dict[str, Any]:
    work = _done(db, kind, text, now)
    if work.errors:
        raise Invalid(work.errors)
    work.announce()
    counts = work.counts()
    made = Import(id=str(uuid.uuid4()), kind=kind, made_at=now, made_by=by)
    made.added, made.changed = counts["add"], counts["change"]
    made.lines = [
        ImportLine(line=done.line, subject=done.thing.subject, before=done.before, after=kept(done.thing))
        for done in work.done
    ]
    db.add(made)
    db.flush()
    return {"id": made.id, **counts}


def _done(db: OrmSession, kind: str, text: str, now: datetime) -> Work:
    """Make the import, all but announcing it, and return it."""
    if kind not in KINDS:
        raise NotFound("Nothing of this kind is imported here.")
    columns = KINDS[kind].columns
    work = Work(db, now, everything(db), columns, read(text, columns, MOST_LINES))
    with db.no_autoflush:  # thousands of lines are written at once
        KINDS[kind].put(work)
    db.flush()
    return work
