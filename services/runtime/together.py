"""Rows that are written together: where many are, each by itself is a round trip to the database, under a lock."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Insert
from sqlalchemy.orm import Session as OrmSession

TOGETHER = "together"  # under which `db.info` keeps what is still to be written
Rows = dict[Insert, list[Mapping[str, Any]]]


def write(db: OrmSession, add: Insert, row: Mapping[str, Any]) -> None:
    """Write one row: now, or with the others at the end of `together`."""
    rows: Rows | None = db.info.get(TOGETHER)
    if rows is None:
        db.connection().execute(add, row)
    else:
        rows.setdefault(add, []).append(row)


@contextmanager
def together(db: OrmSession) -> Iterator[None]:
    """Have all that is written inside written at its end, in the same order, in one go for each table."""
    rows: Rows = {}
    db.info[TOGETHER] = rows
    try:
        yield
    finally:
        del db.info[TOGETHER]
    for add, those in rows.items():
        db.connection().execute(add, those)
