"""Taking turns between processes: who may do what only one process may do at a time.

PostgreSQL's advisory locks, which end with the connection that holds them, say whose turn it is. What is to be done in
turn is done over that very connection: whoever has lost the turn can do nothing more. A process that stands still
(frozen, or swapped out) keeps its connection, and its turn with it; after a while those who wait have the database
close it. An SQLite database is used by one server process, whose turn it always is.
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
from services.runtime.database import Transactions

log = logging.getLogger(__name__)

WAIT = 1.0  # seconds between two attempts to get the turn
# Seconds for which the holder may ask nothing of the database: more than a broker may take to confirm a batch.
STANDS_STILL_AFTER = 10


class Leadership:
    """A turn that is held until `lost` is true."""

    def __init__(self, transactions: Transactions, connection: Connection | None) -> None:
        self.lost = False
        self._transactions, self._connection = transactions, connection

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """Open a transaction that is committed only while the turn is held. Raises SQLAlchemyError, Unavailable."""
        if self._connection is None:
            with self._transactions.begin() as db:
                yield db.connection()
        else:
            with self._connection.begin():
                yield self._connection


@contextmanager
def lead(transactions: Transactions, name: str, wake_event: WakeEvent) -> Iterator[Leadership]:
    """Wait for the turn called `name`, and hold it inside; its holder is to open a transaction every few seconds.

    Whoever waits passes the wake events that it gets on to the holder. Raises SQLAlchemyError or OSError.
    """
    engine = transactions.engine
    if engine.dialect.name == "sqlite":
        yield Leadership(transactions, None)
        return
    with engine.connect() as connection, _listening(engine, name) as news:
        _wait_to_lead(connection, name, wake_event)
        leadership = Leadership(transactions, connection)
        listener = eventlet.spawn(_listen, news, leadership, wake_event)
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


@contextmanager
def _listening(engine: Engine, name: str) -> Iterator[Connection]:
    """Open a connection that hears what those who wait pass on."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        try:
            connection.execute(text(f'LISTEN "{_channel(name)}"'))
            yield connection
        finally:
            connection.invalidate()


def _wait_to_lead(connection: Connection, name: str, wake_event: WakeEvent) -> None:
    given = {"name": _channel(name)}
    while True:
        with connection.begin():
            if connection.scalar(_TRY, given):
                return
            for pid in connection.scalars(_CLOSE, {**given, "seconds": STANDS_STILL_AFTER}):
                log.warning("%s: process %d of the database stood still, and has lost its turn", name, pid)
        if wake_event.wait(WAIT):
            with connection.begin():
                connection.execute(text("SELECT pg_notify(:name, '')"), given)


def _listen(news: Connection, leadership: Leadership, wake_event: WakeEvent) -> None:
    raw: Any = news.connection.dbapi_connection
    try:
        while True:
            trampoline(raw.fileno(), read=True)
            raw.poll()
            raw.notifies.clear()
            wake_event.set()
    except Exception as error:
        log.warning("lost the database connection that hears of commits (%s)", error)
        leadership.lost = True
        wake_event.set()


_TRY = text("SELECT pg_try_advisory_lock(hashtextextended(:name, 0))")
_CLOSE = text(  # who is found is found first: conditions side by side are tried in any order
    """
    WITH frozen AS MATERIALIZED (
        SELECT holder.pid FROM pg_locks AS holder JOIN pg_stat_activity AS activity USING (pid),
            hashtextextended(:name, 0) AS key  -- which the locks show as two halves
        WHERE holder.locktype = 'advisory' AND holder.granted AND holder.objsubid = 1
            AND holder.database = (SELECT oid FROM pg_database WHERE datname = current_database())
            AND holder.classid::bigint = (key >> 32) & 4294967295 AND holder.objid::bigint = key & 4294967295
            AND activity.state <> 'active'
            AND activity.state_change < clock_timestamp() - make_interval(secs => :seconds)
    )
    SELECT pid FROM frozen WHERE pg_terminate_backend(pid)
    """
)
