"""One service's database: an engine, and transactions that are opened once an entry point.

SQLite and PostgreSQL differ here and nowhere else. The reasons are in docs/measured.md, 16 to 17: SQLite runs in WAL
with full durability and takes its write lock at the start; PostgreSQL keeps each service in a schema of its own.
"""

import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Engine, Insert, create_engine, event, make_url, text
from sqlalchemy.engine import URL, ExceptionContext
from sqlalchemy.exc import DBAPIError, DisconnectionError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session as OrmSession

from services.runtime import clock
from services.runtime.dialects import day_there
from services.runtime.refusals import Unavailable

T = TypeVar("T")

RETRIED = frozenset({"40001", "40P01"})  # serialization_failure, deadlock_detected
OUT_OF_TIME = frozenset({"55P03", "57014"})  # lock_not_available, query_canceled
NO_ROOM = frozenset({"53100", "SQLITE_FULL"})  # disk_full, and what SQLite calls it
FULL_FOR = 120.0  # seconds for which a database counts as full after it had no room for what was written
ATTEMPTS = 4
FROZEN_AFTER = 8000  # milliseconds for which a transaction may do nothing: whoever stands still holds others up
KEEP_TIME_EVERY = 10.0  # seconds between two looks of a connection at the database's clock
LOOKED_AT = "headrow_looked_at"
BUSY_TIMEOUT = 5000  # milliseconds for which SQLite waits for another process
LOOKS = "headrow_looks"  # execution option of a connection that only reads
ROOM = "headrow_room"  # execution option of an engine: whether there is room to write
TOGETHER = "together"  # under which `db.info` keeps what is still to be written
Rows = dict[Insert, list[Mapping[str, Any]]]


def open_engine(url: str, schema: str | None = None, *, pool: int = 12) -> Engine:
    """Return an engine for `url` (`sqlite:///file` or `postgresql://…`); nothing connects yet.

    `schema` is the PostgreSQL schema that this engine works in; SQLite has a file a service instead.
    """
    parsed = make_url(url)
    engine = _sqlite(parsed) if parsed.get_backend_name() == "sqlite" else _postgresql(parsed, schema, pool)
    engine.update_execution_options(**{ROOM: Room()})
    event.listen(engine, "handle_error", _leave_rows_out)
    return engine


def _leave_rows_out(context: ExceptionContext) -> None:
    """Have an error quote no row: logs and inboxes keep it, and a row is of a person."""
    told = getattr(getattr(context.original_exception, "diag", None), "message_primary", None)
    if told is not None:
        whole, context.original_exception.args = str(context.original_exception), (told,)
        if context.sqlalchemy_exception is not None:
            context.sqlalchemy_exception.args = (str(context.sqlalchemy_exception.args[0]).replace(whole, told),)


def _sqlite(url: URL) -> Engine:
    if url.database and url.database != ":memory:":
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    how = {"check_same_thread": False, "timeout": BUSY_TIMEOUT / 1000}
    engine = create_engine(url, connect_args=how, hide_parameters=True)

    @event.listens_for(engine, "connect")
    def settle(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves, below
        connection.create_function("city_day", 1, day_there, deterministic=True)
        # What is deleted is overwritten, as most builds do by themselves: a name that was erased is not in the file.
        for pragma in ("synchronous=FULL", "foreign_keys=ON", "secure_delete=ON"):
            connection.execute(f"PRAGMA {pragma}")
        _write_ahead(connection)

    @event.listens_for(engine, "begin")
    def begin(connection: Any) -> None:
        looks = connection.get_execution_options().get(LOOKS)
        connection.exec_driver_sql("BEGIN" if looks else "BEGIN IMMEDIATE")

    return engine


def _write_ahead(connection: Any) -> None:
    """Turn the write-ahead log on. Of two that do so at once one is told that the file is locked, without a wait."""
    for _ in range(50):
        with suppress(sqlite3.OperationalError):
            connection.execute("PRAGMA journal_mode=WAL")
            return
        time.sleep(0.1)
    connection.execute("PRAGMA journal_mode=WAL")


def _postgresql(url: URL, schema: str | None, pool: int) -> Engine:
    limits = f"-c statement_timeout=10000 -c lock_timeout=4000 -c idle_in_transaction_session_timeout={FROZEN_AFTER}"
    place = f" -c search_path={schema}" if schema else ""
    engine = create_engine(
        url.set(drivername="postgresql+psycopg2"),
        connect_args={
            "options": limits + place,
            "connect_timeout": 3,
            "keepalives_idle": 10,
            "keepalives_interval": 3,
            "keepalives_count": 3,
            "application_name": " ".join(["headrow", *([schema] if schema else []), str(os.getpid())]),
        },
        hide_parameters=True,
        executemany_mode="values_plus_batch",  # a change of many rows is few round trips, and not one for each
        pool_size=pool,
        max_overflow=4,
        pool_timeout=3,
        pool_use_lifo=True,
    )
    event.listen(engine, "checkout", _keep_time)
    return engine


def _keep_time(connection: Any, record: Any, _proxy: Any) -> None:
    """Have the clock follow the database's, before a connection is used for the first time and now and then."""
    looked_at = record.info.get(LOOKED_AT)
    if looked_at is not None and time.monotonic() - looked_at < KEEP_TIME_EVERY:
        return
    from psycopg2 import DatabaseError  # not where there is only SQLite

    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT clock_timestamp()")
            clock.follow(cursor.fetchone()[0])
        connection.rollback()
    except DatabaseError as error:  # it was closed while it lay in the pool
        raise DisconnectionError from error
    record.info[LOOKED_AT] = time.monotonic()


def make_schema(engine: Engine, schema: str) -> None:
    """Make the PostgreSQL schema that the engine works in, if it is not there."""
    if engine.dialect.name == "postgresql":
        with engine.begin() as connection:
            # Two processes may migrate at once, and CREATE SCHEMA IF NOT EXISTS can still collide.
            connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('headrow.schema'))"))
            connection.execute(text(f'CREATE SCHEMA IF NOT EXISTS "{schema}"'))


def let_in(engine: Engine, service: str) -> None:
    """Let the role of a service, if there is one, read and write what is in its schema."""
    role = f"headrow_{service}"
    if engine.dialect.name != "postgresql":
        return
    with engine.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('headrow.schema'))"))
        if connection.scalar(text("SELECT current_user = :role OR to_regrole(:role) IS NULL"), {"role": role}):
            return
        for grant in (
            "GRANT USAGE ON SCHEMA {schema} TO {role}",
            "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO {role}",
            "GRANT USAGE ON ALL SEQUENCES IN SCHEMA {schema} TO {role}",
        ):
            connection.execute(text(grant.format(schema=service, role=role)))


class Room:
    """Whether this process found room on the disk when it last wrote: reading works without, so that nothing shows."""

    def __init__(self) -> None:
        self._refused_at: float | None = None

    @property
    def full(self) -> bool:
        """Whether something was refused for want of room within the last two minutes."""
        return self._refused_at is not None and time.monotonic() - self._refused_at < FULL_FOR

    def refused(self) -> None:
        """Note that there was no room."""
        self._refused_at = time.monotonic()


def is_full(db: OrmSession) -> bool:
    """Tell whether the database of this transaction is known to have no room left."""
    room: Room | None = db.get_bind().get_execution_options().get(ROOM)
    return room is not None and room.full


class Transactions:
    """Opens the transactions of one service, and rings its bells once they are committed.

    `listeners` are called after each commit with the session's `info`, where `announce` and `wake` left word.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.listeners: list[Callable[[dict[Any, Any]], None]] = []
        # A green thread that waited for SQLite's write lock would stop the whole process, its holder included.
        self._turn = threading.Lock() if engine.dialect.name == "sqlite" else None

    @contextmanager
    def begin(self) -> Iterator[OrmSession]:
        """Open a transaction; commit it at the end, or roll it back if anything is raised.

        Raises Unavailable where the database does not answer or a lock takes too long.
        """
        with self._in_turn(), OrmSession(self.engine, expire_on_commit=False, autoflush=False) as db:
            try:
                yield db
                db.commit()
            except (DBAPIError, PoolTimeout) as error:
                if _code(error) in NO_ROOM:
                    self.engine.get_execution_options()[ROOM].refused()
                raise _refusal(error) from error
        for listener in self.listeners:
            listener(db.info)

    @contextmanager
    def look(self) -> Iterator[OrmSession]:
        """Open a transaction that only reads: on SQLite it waits for nobody who writes. Raises Unavailable."""
        engine = self.engine.execution_options(**{LOOKS: True})
        with OrmSession(engine, expire_on_commit=False, autoflush=False) as db:
            try:
                yield db
            except (DBAPIError, PoolTimeout) as error:
                raise _refusal(error) from error

    def run(self, work: Callable[[OrmSession], T]) -> T:
        """Return what `work(db)` returns; its transaction is tried again after a deadlock or a lost connection."""
        for _ in range(ATTEMPTS - 1):
            try:
                return self._once(work)
            except Unavailable as error:
                if not _worth_another_try(error.__cause__):
                    raise
        return self._once(work)

    def _once(self, work: Callable[[OrmSession], T]) -> T:
        with self.begin() as db:
            return work(db)

    @contextmanager
    def _in_turn(self) -> Iterator[None]:
        if self._turn is None:
            yield
            return
        if not self._turn.acquire(timeout=10):
            raise Unavailable("The database is busy.")
        try:
            yield
        finally:
            self._turn.release()


def write(db: OrmSession, add: Insert, row: Mapping[str, Any]) -> None:
    """Write one row: now, or with the others at the end of `together`."""
    rows: Rows | None = db.info.get(TOGETHER)
    if rows is None:
        db.connection().execute(add, row)
    else:
        rows.setdefault(add, []).append(row)


@contextmanager
def together(db: OrmSession) -> Iterator[None]:
    """Have all that is written inside written at its end, in the same order, in one go for each table.

    Where many rows are, each by itself is a round trip, under a lock.
    """
    rows: Rows = {}
    db.info[TOGETHER] = rows
    try:
        yield
    finally:
        del db.info[TOGETHER]
    for add, those in rows.items():
        db.connection().execute(add, those)


def _code(error: BaseException | None) -> str | None:
    original = getattr(error, "orig", None)
    return getattr(original, "pgcode", None) or getattr(original, "sqlite_errorname", None)


def _worth_another_try(error: BaseException | None) -> bool:
    return _code(error) in RETRIED or bool(getattr(error, "connection_invalidated", False))


def may_go_well_alone(error: Unavailable) -> bool:
    """Tell whether what a transaction could not do may be done in several: something stood in its way, or it broke."""
    return _worth_another_try(error.__cause__) or _code(error.__cause__) in OUT_OF_TIME


def _refusal(error: SQLAlchemyError) -> BaseException:
    """Return what to raise for `error`: Unavailable for a database that is away or overloaded, itself for a defect."""
    if isinstance(error, PoolTimeout):
        return Unavailable("The database is busy.")
    if _worth_another_try(error) or _code(error) in OUT_OF_TIME:
        return Unavailable("The database is busy.")
    if _code(error) in NO_ROOM:
        return Unavailable("The database has no room left.")
    no_answer = isinstance(error, DBAPIError) and type(error).__name__ == "OperationalError"
    return Unavailable("The database does not answer.") if no_answer else error
