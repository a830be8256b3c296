"""Rows that pass from one owner to another, with a journal of it, so that each can go back to where it came from.

A row that the new owner has already is set aside: it is kept in the journal, and put back with the rest.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, MetaData, String, Table, and_, delete, insert, select, true, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import InstrumentedAttribute, Mapped, mapped_column
from sqlalchemy.orm import Session as OrmSession

from services.bus.envelope import as_json
from services.runtime.dialects import BigId, Json, Moment

Row = dict[str, Any]
Column = InstrumentedAttribute[Any]


class HandedOver:
    """That a row was `owner`'s: its `place` is `table.column`, and `key` its primary key without that column.

    `row` is the whole of a row that was set aside.
    """

    position: Mapped[int] = mapped_column(BigId, primary_key=True)
    owner: Mapped[str] = mapped_column(String(36), index=True)
    place: Mapped[str] = mapped_column(String(80))
    key: Mapped[Row] = mapped_column(Json)
    row: Mapped[Row | None] = mapped_column(Json)


@dataclass(frozen=True)
class Back:
    """A row that went back: of which table, with which primary key, and whether it had been set aside."""

    table: str
    key: Row
    was_aside: bool


def hand_over(
    db: OrmSession,
    journal: type[HandedOver],
    column: Column,
    owner: str,
    to: str,
    once: Sequence[Column] = (),
    anew: Sequence[str] = (),
    which: ColumnElement[bool] | None = None,
) -> list[Row]:
    """Have the rows in whose `column` the owner stands be another's; return those that were set aside.

    Of the owner's rows only those pass on that `which` holds for. Set aside is a row that `to` has already: one that is
    the same in the columns `once`. The columns `anew` have a new value if it is put back.
    """
    db.flush()
    table, name = _table_of(column)
    theirs = select(table).where(table.c[name] == owner, true() if which is None else which)
    rows = [dict(row) for row in db.execute(theirs).mappings()]
    twice = [row for row in rows if once and _is_there(db, table, name, to, row, [_table_of(one)[1] for one in once])]
    for row in twice:
        set_aside(db, journal, column, owner, row, anew)
    for row in rows:
        if row not in twice:
            key = _key_of(table, name, row)
            _note(db, journal, owner, place_of(column), key)
            db.execute(update(table).where(_is(table, key), table.c[name] == owner).values({name: to}))
    _read_again(db)
    return twice


def set_aside(
    db: OrmSession, journal: type[HandedOver], column: Column, owner: str, row: Row, anew: Sequence[str] = ()
) -> None:
    """Take a row out of its table, and keep it in the journal, without what it has `anew` if it is put back."""
    table, name = _table_of(column)
    key = _key_of(table, name, row)
    kept = {one: value for one, value in row.items() if one not in anew}
    _note(db, journal, owner, place_of(column), key, as_json(kept))
    db.execute(delete(table).where(_is(table, key), table.c[name] == row[name]))
    _read_again(db)


def give_back(db: OrmSession, journal: type[HandedOver], owner: str, held_by: str) -> list[Back]:
    """Give the owner what was handed over and `held_by` has still, and return what went back.

    What was set aside is put back, unless something is in its place by now; nothing else that was done since changes.
    """
    db.flush()
    metadata: MetaData = journal.metadata  # type: ignore[attr-defined]
    back: list[Back] = []
    theirs = select(journal).where(journal.owner == owner).order_by(journal.position.desc())
    for entry in db.scalars(theirs).all():
        place, _, name = entry.place.partition(".")
        table = metadata.tables[place]
        try:
            with db.begin_nested():
                if entry.row is not None:
                    db.execute(insert(table).values(_typed(table, entry.row)))
                    back.append(Back(place, entry.key, True))
                else:
                    held = (_is(table, entry.key), table.c[name] == held_by)
                    if db.execute(update(table).where(*held).values({name: owner})).rowcount:  # type: ignore[attr-defined]
                        back.append(Back(place, entry.key, False))
        except IntegrityError:  # something else is there
            continue
    forget(db, journal, owner)
    _read_again(db)
    return back


def handed_over(db: OrmSession, journal: type[HandedOver], column: Column, owner: str) -> Iterator[Row]:
    """Yield the keys of the rows of a table that were the owner's, those set aside left out."""
    theirs = select(journal.key).where(journal.owner == owner, journal.place == place_of(column))
    theirs = theirs.where(journal.row.is_(None))
    yield from db.scalars(theirs.order_by(journal.position))


def forget(db: OrmSession, journal: type[HandedOver], owner: str) -> None:
    """Forget what was the owner's: from now on nothing goes back."""
    db.flush()
    db.execute(delete(journal).where(journal.owner == owner))


def forget_naming(db: OrmSession, journal: type[HandedOver], value: str) -> None:
    """Forget the rows that were set aside in which this value stands, such as the id of someone who is erased."""
    db.flush()
    for entry in db.scalars(select(journal).where(journal.row.is_not(None))).all():
        if value in (entry.row or {}).values():
            db.delete(entry)
    db.flush()


def _note(db: OrmSession, journal: type[HandedOver], owner: str, place: str, key: Row, row: Row | None = None) -> None:
    entry = journal()
    entry.owner, entry.place, entry.key, entry.row = owner, place, key, row
    db.add(entry)


def place_of(column: Column) -> str:
    """Return what the journal calls that column: `table.column`."""
    table, name = _table_of(column)
    return f"{table.name}.{name}"


def _table_of(column: Column) -> tuple[Table, str]:
    (of_table,) = column.property.columns
    return of_table.table, of_table.name


def _key_of(table: Table, name: str, row: Row) -> Row:
    return {key.name: row[key.name] for key in table.primary_key if key.name != name}


def _is(table: Table, key: Row) -> Any:
    return and_(True, *(table.c[name] == value for name, value in key.items()))


def _is_there(db: OrmSession, table: Table, name: str, to: str, row: Row, once: Sequence[str]) -> bool:
    same = [table.c[one].is_not_distinct_from(row[one]) for one in once]
    return db.execute(select(table.c[name]).where(table.c[name] == to, *same).limit(1)).first() is not None


def _typed(table: Table, row: Row) -> Row:
    """Return a row as the table takes it: a moment is text in the journal."""
    moments = {column.name for column in table.c if isinstance(column.type, Moment)}
    return {name: datetime.fromisoformat(value) if value and name in moments else value for name, value in row.items()}


def _read_again(db: OrmSession) -> None:
    """Have what was read before be read again: it was changed beside its objects."""
    db.flush()
    db.expire_all()
