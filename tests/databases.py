"""Fresh databases for tests, made once for each set of tables: SQLite's are copied, PostgreSQL's emptied and reused.

To make the tables anew for each test would take most of the time that the tests take.
"""

import itertools
import shutil
from collections import defaultdict
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Protocol

import psycopg2
from sqlalchemy import MetaData

from services.runtime.database import open_engine
from tests.servers import PostgreSQL

Tables = tuple[MetaData, ...]


class Databases(Protocol):
    """Something that has databases to give."""

    def fresh(self, tables: Tables) -> AbstractContextManager[str]:
        """Yield the URL of a database that holds these tables, all of them empty, and nothing else."""


class Files:
    """SQLite databases in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers = itertools.count(1)
        self._made: dict[Tables, Path] = {}
        self._spare: dict[Tables, list[Path]] = defaultdict(list)

    @contextmanager
    def fresh(self, tables: Tables) -> Iterator[str]:
        if tables not in self._made:
            self._made[tables] = self._new_file()
            _make(f"sqlite:///{self._made[tables]}", tables)
        file = self._spare[tables].pop() if self._spare[tables] else self._new_file()
        shutil.copy(self._made[tables], file)
        yield f"sqlite:///{file}"
        for leftover in self._folder.glob(f"{file.name}*"):
            leftover.unlink()
        self._spare[tables].append(file)

    def _new_file(self) -> Path:
        file = self._folder / f"{next(self._numbers)}.db"
        file.touch()
        return file


class Emptied:
    """PostgreSQL databases, each emptied after its test. One whose tables were changed is not used again."""

    def __init__(self, server: PostgreSQL, until_the_end: ExitStack) -> None:
        self._server = server
        self._until_the_end = until_the_end
        self._spare: dict[Tables, list[_Database]] = defaultdict(list)

    @contextmanager
    def fresh(self, tables: Tables) -> Iterator[str]:
        database = self._spare[tables].pop() if self._spare[tables] else self._new(tables)
        yield database.url
        if database.emptied() == database.shape:
            self._spare[tables].append(database)

    def _new(self, tables: Tables) -> "_Database":
        url = self._until_the_end.enter_context(self._server.fresh_database())
        _make(url, tables)
        return self._until_the_end.enter_context(_Database(url, tables))


class _Database:
    """A database, with a connection of ours: each new one costs more than what it is for."""

    def __init__(self, url: str, tables: Tables) -> None:
        self.url = url
        names = [table.name for metadata in tables for table in reversed(metadata.sorted_tables)]
        self._empty = ";".join([*(f'DELETE FROM "{name}"' for name in names), RESTART_SEQUENCES])
        self._connection = psycopg2.connect(url)
        with self._connection, self._connection.cursor() as cursor:
            cursor.execute(NOT_WAITING_FOR_THE_DISK)
            cursor.execute("SET lock_timeout = '5s'")
        self.shape = self.emptied()

    def __enter__(self) -> "_Database":
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def emptied(self) -> str:
        """Empty it, its sequences too, and return its shape; a table that is gone is a shape of its own."""
        try:
            with self._connection, self._connection.cursor() as cursor:
                cursor.execute(END_OTHERS)
                cursor.execute(SHAPE)
                [shape] = cursor.fetchone()
                cursor.execute(self._empty)
            return shape
        except (psycopg2.errors.UndefinedTable, psycopg2.errors.LockNotAvailable, psycopg2.IntegrityError) as changed:
            return f"not to be emptied: {changed}"


def _make(url: str, tables: Tables) -> None:
    engine = open_engine(url)
    for metadata in tables:
        metadata.create_all(engine)
    engine.dispose()


# What these hold need not outlive the power.
NOT_WAITING_FOR_THE_DISK = """
    DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET synchronous_commit = off', current_database()); END $$
"""
END_OTHERS = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
RESTART_SEQUENCES = """
    SELECT setval(oid, 1, false) FROM pg_class WHERE relkind = 'S' AND relnamespace = 'public'::regnamespace
"""
SHAPE = """
    SELECT coalesce(md5(string_agg(part, ',' ORDER BY part)), '') FROM (
        SELECT concat_ws(' ', relname, relkind, relnatts, relhastriggers, relacl) AS part
            FROM pg_class WHERE relnamespace = 'public'::regnamespace
        UNION ALL SELECT concat_ws(' ', attrelid, attname, atttypid, attnotnull, atthasdef)
            FROM pg_attribute JOIN pg_class ON attrelid = pg_class.oid WHERE relnamespace = 'public'::regnamespace
        UNION ALL SELECT conname || pg_get_constraintdef(oid)
            FROM pg_constraint WHERE connamespace = 'public'::regnamespace
        UNION ALL SELECT 'schema ' || nspname FROM pg_namespace WHERE nspname NOT LIKE 'pg\\_%'
        UNION ALL SELECT 'function ' || proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace
        UNION ALL SELECT 'trigger ' || tgname FROM pg_trigger WHERE NOT tgisinternal
        UNION ALL SELECT 'setting ' || array_to_string(setconfig, ',')
            FROM pg_db_role_setting JOIN pg_database ON pg_database.oid = setdatabase
            WHERE datname = current_database()
    ) AS parts
"""
