"""Taking turns between processes: who may do what only one process may do at a time.

PostgreSQL's advisory locks, which end with the connection that holds them, say whose turn it is. An SQLite database is
used by one server process, whose turn it always is.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import eventlet
from eventlet.hubs import trampoline
from sqlalchemy import Connection, Engine, text
from sqlalchemy.orm import Session as OrmSession

from services.bus.broker import WakeEvent

log = logging.getLogger(__name__)

WAIT = 1.0  # seconds between two attempts to get the turn


class Leadership:
    """A turn that is held until `lost` is true."""

    def __init__(self) -> None:
        self.lost = False


@contextmanager
def lead(engine: Engine, name: str, wake_event: WakeEvent) -> Iterator[Leadership]:
    """Wait for the turn called `name`, and hold it inside.

    Whoever waits passes the wake events that it gets on to the holder. Raises SQLAlchemyError or OSError.
    """
    if engine.dialect.name == "sqlite":
        yield Leadership()
        return
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        _wait_to_lead(connection, name, wake_event)
        leadership = Leadership()
        connection.execute(text(f'LISTEN "{_channel(name)}"'))
        listener = eventlet.spawn(_listen, connection, leadership, wake_event)
        try:
            yield leadership
        finally:
            listener.kill()
            connection.invalidate()  # the lock ends with the connection


def once(db: OrmSession, name: str) -> bool:
    """Take the turn called `name` for the length of this transaction, if it is free, and tell so."""
    if db.get_bind().dialect.name == "sqlite":
        return True
    return bool(db.scalar(text("SELECT pg_try_advisory_xact_lock(hashtextextended(:name, 0))"), {"name": name}))


def _channel(name: str) -> str:
    return f"headrow_{name}"


def _wait_to_lead(connection: Connection, name: str, wake_event: WakeEvent) -> None:
    attempt = text("SELECT pg_try_advisory_lock(hashtextextended(:name, 0))")
    while not connection.scalar(attempt, {"name": _channel(name)}):
        if wake_event.wait(WAIT):
            connection.execute(text("SELECT pg_notify(:channel, '')"), {"channel": _channel(name)})


def _listen(connection: Connection, leadership: Leadership, wake_event: WakeEvent) -> None:
    raw: Any = connection.connection.dbapi_connection
    try:
        while True:
            trampoline(raw.fileno(), read=True)
            raw.poll()
            raw.notifies.clear()
            wake_event.set()
    except Exception as error:
        log.warning("lost the turn with the database connection that held it (%s)", error)
        leadership.lost = True
        wake_event.set()
