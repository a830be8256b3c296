"""One import under way: its lines, what is wrong with them, and what it has added and changed so far."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy.orm import Session as OrmSession

from services.catalogue import versions
from services.catalogue.editing import slugs_from
from services.catalogue.events import State, announce_changes, state
from services.catalogue.models import Base
from services.catalogue.sheets.cells import Unreadable
from services.catalogue.sheets.kept import Kept, kept
from services.catalogue.sheets.names import Alike, Names, name_of
from services.runtime import sheets
from services.runtime.faults import Fault
from services.runtime.refusals import Invalid
from services.runtime.schemas import Schema

T = TypeVar("T", bound=Base)
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
    columns: sheets.Columns  # of this kind of file
    sheet: sheets.Sheet
    duplicates: list[dict[str, Any]] = field(default_factory=list)
    done: list[Done] = field(default_factory=list)
    same: int = 0
    _names: dict[type, Names[Any]] = field(default_factory=dict)
    _slugs: dict[type, set[str]] = field(default_factory=dict)
    _errors: dict[tuple[int, str], Error] = field(default_factory=dict)
    _wrong: set[int] = field(default_factory=set)
    _states: dict[Any, State] = field(default_factory=dict)

    @property
    def rows(self) -> list[Row]:
        """The lines of the file, each with those of its cells that can be taken as they are."""
        return [Row(line, cells) for line, cells in self.sheet.lines]

    def all(self, model: type[T]) -> list[T]:
        """Return all things of a kind that were there before."""
        return [thing for thing in self.there if isinstance(thing, model)]

    def names(self, model: type[T]) -> Names[T]:
        """Return them by their names."""
        if model not in self._names:
            self._names[model] = Names(self.all(model))
        return self._names[model]

    def __post_init__(self) -> None:
        for error in self.sheet.errors:
            self._note(error)

    def refuse(self, line: int, column: str, fault: Fault) -> None:
        """Note what is wrong in a cell, once for each: what follows from the first fault would only confuse."""
        title = self.columns[column].title if column in self.columns else column
        self._note(error_at(line, self.sheet.heads.get(column, title), fault))

    def _note(self, error: Error) -> None:
        self._errors.setdefault((error["line"], error["column"]), error)
        self._wrong.add(error["line"])

    def refuse_as(self, line: int, column: str, error: Error) -> None:
        """Note what a schema refused, of `{field, code, limits, message}`, in the cell that it came from."""
        self.refuse(line, column, Fault.told(error))

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
        places = {head: n for n, head in enumerate(self.sheet.heads.values())}
        cells = sorted(self._errors, key=lambda cell: (cell[0], places.get(cell[1], len(places))))
        return [self._errors[cell] for cell in cells]

    def take_slug(self, thing: Any, slug: str | None) -> None:
        """Give something new its slug: this one, or the first free one that its name makes. Raises Invalid."""
        model = type(thing)
        taken = self._slugs.setdefault(model, {one.slug for one in self.all(model)})
        free = next((one for one in ([slug] if slug else slugs_from(name_of(thing))) if one not in taken), None)
        if free is None:
            raise Invalid.field("slug", "slug-taken" if slug else "no-slug")
        taken.add(free)
        thing.slug = free

    def add(self, line: int, thing: Any, alike: Alike, *beside: Any) -> None:
        """Add something new, and note what is called alike: it may be that."""
        self.db.add(thing)
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
        versions.begin_above(self.db, new)
        announce_changes(self.db, self.now, self._states, [*self._states, *new])

    def counts(self) -> dict[str, int]:
        """Return `{add, change, same}`: how many things."""
        added = sum(done.before is None for done in self.done)
        return {"add": added, "change": len(self.done) - added, "same": self.same}


def error_at(line: int, column: str, fault: Fault) -> Error:
    """Return what is wrong as `{line, column, field, code, limits, message}`."""
    return {"line": line, "column": column, **fault.at(f"line {line}, {column}" if column else f"line {line}")}


def differs(schema: Schema, wanted: Any, stored: Any) -> bool:
    """Say whether what is wanted, loaded, is other than what is stored, dumped."""
    return bool({**stored, **schema.dump(wanted)} != stored)


def _id_of(thing: Any) -> str:
    return str(thing.subject.partition("/")[2])
