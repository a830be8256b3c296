"""Taking a file, all of it or nothing; looking at what would come of that; and undoing it as a whole.

What would come of it is found out by doing it, and undoing that: see `services/bus/outbox.py`, `trial`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session as OrmSession

from services.bus.outbox import trial
from services.registration.errors import ImportOver
from services.registration.imported import UNDO_FOR
from services.registration.imports import bookings, organisations, people
from services.registration.imports.taking import Kept, Taking
from services.registration.models import Import, ImportedLine, Person
from services.runtime import sheets
from services.runtime.faults import Fault
from services.runtime.refusals import Invalid, NotFound

Undo = Callable[[OrmSession, Person, Sequence[ImportedLine], datetime], Kept]


@dataclass(frozen=True)
class Kind:
    """What a file can hold: its columns, how many lines, how they are taken, and how that is undone."""

    columns: sheets.Columns
    most: int
    take: Callable[[Taking], None]
    undo: Undo


KINDS: Final[Mapping[str, Kind]] = {
    "people": Kind(people.COLUMNS, 5000, people.take, people.undo),
    "organisations": Kind(organisations.COLUMNS, 5000, organisations.take, organisations.undo),
    "bookings": Kind(bookings.COLUMNS, 5000, bookings.take, bookings.undo),
}


def look(db: OrmSession, caller: Person, kind: str, text: str, now: datetime) -> dict[str, Any]:
    """Return what would come of a file, with all that is wrong with it. Nothing is kept. Raises NotFound."""
    with trial(db):
        taking = _take(db, caller, kind, text, now)
        counts = _counts(taking)
    return {**counts, "errors": taking.errors, "duplicates": taking.duplicates}


def save(db: OrmSession, caller: Person, kind: str, text: str, now: datetime) -> dict[str, Any]:
    """Take a file. Raises NotFound, and Invalid with all that is wrong with it: then nothing is kept."""
    taking = _take(db, caller, kind, text, now)
    if taking.errors:
        raise Invalid([*taking.errors])
    counts = _counts(taking)
    made = Import(kind=kind, by_id=caller.id, made_at=now, undo_until=now + UNDO_FOR)
    made.added, made.changed = counts["add"], counts["change"]
    db.add(made)
    db.flush()
    for one in taking.done:
        one.import_id = made.id
    db.add_all(taking.done)
    db.flush()
    return {"id": made.id, **counts}


def undo(db: OrmSession, caller: Person, id: str, now: datetime) -> dict[str, Any]:
    """Undo an import, its last line first, and return which lines stay as they are, and why.

    A line stays whose person or thing has been changed or used since. Raises NotFound, ImportOver.
    """
    made = db.scalar(select(Import).where(Import.id == id).with_for_update())
    if made is None:
        raise NotFound("There is no such import.")
    if made.undone_at is not None or made.undo_until <= now:
        raise ImportOver
    lines = db.scalars(select(ImportedLine).where(ImportedLine.import_id == id).order_by(ImportedLine.id.desc())).all()
    _lock_people(db, lines)
    kept = KINDS[made.kind].undo(db, caller, lines, now)
    made.undone_at = now
    db.flush()
    told = [{"line": line, "code": code, "message": Fault(code).message} for line, code in sorted(kept)]
    return {"id": id, "kind": made.kind, "undone": len(lines) - len(kept), "kept": told}


def _take(db: OrmSession, caller: Person, kind: str, text: str, now: datetime) -> Taking:
    if kind not in KINDS:
        raise NotFound("There is no such kind of import.")
    sheet = sheets.read(text, KINDS[kind].columns, KINDS[kind].most)
    taking = Taking(db, caller, now, sheet)
    KINDS[kind].take(taking)
    db.flush()
    return taking


def _counts(taking: Taking) -> dict[str, int]:
    return {"add": taking.number("added"), "change": taking.number("changed"), "same": taking.same}


def _lock_people(db: OrmSession, lines: Sequence[ImportedLine]) -> None:
    theirs = select(Person).where(Person.id.in_({line.person_id for line in lines})).order_by(Person.id)
    db.scalars(theirs.with_for_update().execution_options(populate_existing=True)).all()
