"""Organisations of another programme: from then on people are offered their names, however few work there."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session as OrmSession

from services.registration.imports.taking import Kept, Taking, sector_codes
from services.registration.models import ImportedLine, Organisation, Person, folded
from services.registration.schemas.imports import OrganisationLine
from services.runtime import search
from services.runtime.sheets import Columns, Row, column

COLUMNS: Final[Columns] = {
    "name": column("Name", "organisation", "organization", "organisation name", "employer", required=True),
    "sector": column("Sector", "setting"),
}
SAID: Final = ("name", "sector")


def take(taking: Taking) -> None:
    """Take organisations, each by its name in any case; an empty cell changes nothing. All that is wrong is noted."""
    db, first = taking.db, dict[str, int]()
    there = {row.key: row for row in db.scalars(select(Organisation))}
    new: list[tuple[int, Row]] = []
    for line, said in _read(taking):
        key = folded(said["name"])
        if (before := first.setdefault(key, line)) != line:
            taking.wrong(line, "name", "listed-twice", line=before)
        elif key not in there:
            new.append((line, said))
        else:
            _change(taking, line, there[key], said)
    taking.duplicates += _alike(db, new, [row.name for row in there.values()])
    for line, said in new:
        row = Organisation(key=folded(said["name"]), name=said["name"], sector=said.get("sector"), added_at=taking.now)
        db.add(row)
        taking.did(line, "added", {name: [None, getattr(row, name)] for name in SAID}, key=row.key)
    db.flush()


def undo(db: OrmSession, caller: Person, lines: Sequence[ImportedLine], now: datetime) -> Kept:
    """Undo what lines did to organisations; return which of them stay, each with the code of why."""
    kept: Kept = []
    there = {row.key: row for row in db.scalars(select(Organisation))}
    for line in lines:
        row = there.get(line.key or "")
        if row is None:
            continue  # it is gone, as it is to be
        if any(getattr(row, name) != is_ for name, (_, is_) in line.facts.items()):
            kept.append((line.line, "changed-since"))
        elif line.what == "added":
            db.delete(row)
        else:
            for name, (was, _) in line.facts.items():
                setattr(row, name, was)
    db.flush()
    return kept


def _read(taking: Taking) -> Iterator[tuple[int, Row]]:
    schema, sectors = OrganisationLine(), sector_codes(taking.db)
    for line, cells in taking.sheet.lines:
        said = taking.details(schema, line, dict(cells), sectors)
        if said is not None:
            yield line, said


def _change(taking: Taking, line: int, row: Organisation, said: Row) -> None:
    facts: dict[str, list[Any]] = {
        name: [getattr(row, name), said[name]] for name in SAID if name in said and said[name] != getattr(row, name)
    }
    if not facts:
        taking.same += 1
        return
    for name, (_, new) in facts.items():
        setattr(row, name, new)
    taking.did(line, "changed", facts, key=row.key)


def _alike(db: OrmSession, new: Sequence[tuple[int, Row]], there: Sequence[str]) -> Iterator[Row]:
    """Yield those of the new names that differ from others in accents and apostrophes only."""
    given = db.scalars(select(Person.organisation).where(Person.organisation_key.is_not(None)).distinct())
    known: dict[str | None, tuple[str, int | None]] = {search.key_of(name): (name, None) for name in given if name}
    known |= {search.key_of(name): (name, None) for name in there}
    for line, said in new:
        key = search.key_of(said["name"])
        if key in known and folded(known[key][0]) != folded(said["name"]):
            like, like_line = known[key]
            yield {"line": line, "name": said["name"], "like": like, "like_line": like_line}
        known[key] = (said["name"], line)
