"""One import under way: its lines, what is wrong with them, and what it has added and changed so far."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, TypeVar

from sqlalchemy.orm import Session as OrmSession

from services.catalogue.events import State, announce_changes, state
from services.catalogue.models import Base
from services.catalogue.sheets.cells import Unreadable
from services.catalogue.sheets.kept import Kept, kept
from services.catalogue.sheets.names import Alike, Names, name_of
from services.runtime import tables
from services.runtime.faults import Fault
from services.runtime.schemas import Schema

T = TypeVar("T", bound=Base)
MOST_LINES: Final = 2000
Error = dict[str, Any]


@dataclass(frozen=True)
class Row:
    """A line of the file: what stands in those of its cells that are not empty, by what we call their columns."""

    line: int
    cells: dict[str, str]


@dataclass
class Done:
    """Something that the import has made what a line says; `before` is None where it was not there."""

    line: int
    thing: Any
    before: Kept | None


@dataclass
class Work:
    """An import: what there is in the catalogue, locked, and the lines of the file."""

    db: OrmSession
    now: datetime
    there: Sequence[Any]
    columns: tables.Columns = field(default_factory=dict)  # of this kind of file
    rows: list[Row] = field(default_factory=list)
    heads: dict[str, str] = field(default_factory=dict)  # how our columns are headed in the file, in their order there
    _wrong_cells: dict[tuple[int, str], Error] = field(default_factory=dict)
    duplicates: list[dict[str, Any]] = field(default_factory=list)
    done: list[Done] = field(default_factory=list)
    same: int = 0
    _names: dict[type, Names[Any]] = field(default_factory=dict)
    _wrong: set[int] = field(default_factory=set)
    _states: dict[Any, State] = field(default_factory=dict)

    def read(self, text: str, columns: tables.Columns, needed: str) -> None:
        """Take up the lines below the header, which names at least the column that is `needed`."""
        self.columns, titles = columns, [_title(name) for name in columns]
        table = tables.find(text.lstrip("\ufeff"), columns, (needed,))
        if table is None:
            self.refuse(1, _title(needed), Fault("missing-column", {"choices": titles}))
            return
        for head in table.unknown():
            self.refuse(table.header, head, Fault("unknown-column", {"choices": titles}))
        self.heads = {name: table.head(name) for name in sorted(table.places, key=lambda name: table.places[name])}
        rows = [Row(line, {name: cell for name, cell in cells.items() if cell}) for line, cells in table.cells()]
        self.rows = [row for row in rows if row.cells]
        if not self.rows:
            self.refuse(table.header, "", Fault("no-rows"))
        if len(self.rows) > MOST_LINES:
            self.refuse(self.rows[MOST_LINES].line, "", Fault("too-many-lines", {"max": MOST_LINES}))
            self.rows = []

    def all(self, model: type[T]) -> list[T]:
        """Return all things of a kind that were there before."""
        return [thing for thing in self.there if isinstance(thing, model)]

    def names(self, model: type[T]) -> Names[T]:
        """Return them by their names."""
        if model not in self._names:
            self._names[model] = Names(self.all(model))
        return self._names[model]

    def refuse(self, line: int, column: str, fault: Fault) -> None:
        """Note what is wrong in a cell, once for each: what follows from the first fault would only confuse."""
        head = self.heads.get(column, _title(column) if column in self.columns else column)
        self._wrong_cells.setdefault((line, head), error_at(line, head, fault))
        self._wrong.add(line)

    @contextmanager
    def reading(self, line: int, column: str) -> Iterator[None]:
        """Note what cannot be read of a cell inside."""
        try:
            yield
        except Unreadable as error:
            self.refuse(line, column, error.fault)

    def is_wrong(self, *lines: int) -> bool:
        """Say whether anything is wrong in one of these lines."""
        return not self._wrong.isdisjoint(lines)

    @property
    def errors(self) -> list[Error]:
        """All that is wrong, line by line, and in each in the order of the columns."""
        places = {head: n for n, head in enumerate(self.heads.values())}
        cells = sorted(self._wrong_cells, key=lambda cell: (cell[0], places.get(cell[1], len(places)), cell[1]))
        return [self._wrong_cells[cell] for cell in cells]

    def add(self, line: int, thing: Any, alike: Alike, *beside: Any) -> None:
        """Note that something is new, and what is called alike: it may be that."""
        self.done.append(Done(line, thing, None))
        for like, which in alike.add(name_of(thing), line, *beside):
            of_line = isinstance(which, int)
            found = {"slug": None if of_line else _id_of(which), "like_line": which if of_line else None}
            self.duplicates.append({"line": line, "name": name_of(thing), "like": like, **found})

    def change(self, line: int, thing: Any, before: Kept) -> None:
        """Note that something was made what a line says, which may be what it was."""
        if kept(thing) == before:
            self.same += 1
        else:
            self.done.append(Done(line, thing, before))

    def touch(self, *things: Any) -> None:
        """Note what these are before they change, to tell what has changed."""
        for thing in things:
            self._states.setdefault(thing, state(thing))

    def announce(self) -> None:
        """Tell of all that is new or changed."""
        new = [done.thing for done in self.done if done.before is None]
        announce_changes(self.db, self.now, self._states, [*self._states, *new])

    def counts(self) -> dict[str, int]:
        """Return `{add, change, same}`: how many things."""
        added = sum(done.before is None for done in self.done)
        return {"add": added, "change": len(self.done) - added, "same": self.same}


def error_at(line: int, column: str, fault: Fault) -> Error:
    """Return what is wrong as `{line, column, field, code, limits, message}`."""
    return {"line": line, "column": column, **fault.at(f"line {line}, {column}" if column else f"line {line}")}


def headed(*names: str) -> frozenset[str]:
    """Return how a column may be headed: each of the names, with spaces or as a program writes it."""
    return frozenset(names) | {name.replace(" ", "_") for name in names}


def differs(schema: Schema, wanted: Any, stored: Any) -> bool:
    """Say whether what is wanted, loaded, is other than what is stored, dumped."""
    return bool({**stored, **schema.dump(wanted)} != stored)


def _title(column: str) -> str:
    """Return how a column can be headed."""
    return column.replace("_", " ").capitalize()


def _id_of(thing: Any) -> str:
    return str(thing.subject.partition("/")[2])
