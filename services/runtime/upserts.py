"""Inserts that spare or change a row that is there: SQLAlchemy has these for each database, and in the same words."""

from collections.abc import Callable
from typing import Any

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session as OrmSession


def upsert(write: Callable[[Any], Any]) -> Callable[[OrmSession], Any]:
    """Write a statement for both databases, each with its own `insert`; what is returned picks the one for a session.

    Each is written once: building a statement costs more than running it.
    """
    written = {"postgresql": write(postgresql.insert), "sqlite": write(sqlite.insert)}
    return lambda db: written[db.get_bind().dialect.name]
