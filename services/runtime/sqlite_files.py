"""Copying the SQLite files of several services as they all were at one moment, while a process writes to them."""

import sqlite3
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from datetime import datetime
from pathlib import Path

from services.runtime import clock

PATIENCE = 60.0  # seconds in which nothing has to be committed for the fraction of a millisecond that a look takes


class CannotCopy(Exception):
    """A database cannot be copied; the message says which and why, or that others never stopped writing."""


def copy_all(copies: Mapping[Path, Path], patience: float = PATIENCE) -> datetime:
    """Copy each database to a new file, all as of one moment, and return that moment. Raises CannotCopy.

    The copies are what a power cut at that moment would have left, so a start from them is a start after a crash. What
    a service had marked as published, its readers have in their inboxes; what it had not is published at the start,
    and an inbox that has it refuses it. No service knows of anything that has not happened yet in another. That last
    is what copying one file after the other could not promise, in whatever order.

    Nobody is locked out. A reader goes on seeing its file as it was when it began, while others write
    (https://sqlite.org/isolation.html). So we begin a reader on every file, look whether anything was committed to any
    of them meanwhile, and begin again if so. If not, all readers see the moment at which the last of them began, and
    we can copy from them for as long as it takes.
    """
    with ExitStack() as opened:
        readers, watchers = ([opened.enter_context(closing(_open(file))) for file in copies] for _ in range(2))
        moment = _begin_together(readers, watchers, time.monotonic() + patience)
        for reader, (file, copy) in zip(readers, copies.items(), strict=True):
            _copy(reader, file, copy)
    return moment


def _begin_together(
    readers: Sequence[sqlite3.Connection], watchers: Sequence[sqlite3.Connection], end: float
) -> datetime:
    """Begin all readers at a moment that all of them see, and return it."""
    while True:
        before = _versions(watchers)
        for reader in readers:
            reader.execute("BEGIN")
            reader.execute("SELECT count(*) FROM sqlite_master").fetchone()  # only now has it begun
        moment = clock.now()
        if _versions(watchers) == before:
            return moment
        if time.monotonic() > end:
            raise CannotCopy("the databases are being written to all the time: try again later")
        for reader in readers:
            reader.execute("ROLLBACK")


def _versions(watchers: Iterable[sqlite3.Connection]) -> list[int]:
    """Return numbers of which one becomes another when any other connection commits to its file."""
    return [watcher.execute("PRAGMA data_version").fetchone()[0] for watcher in watchers]


def _open(file: Path) -> sqlite3.Connection:
    """Open a database that is there. Raises CannotCopy."""
    with _naming(file):
        connection = sqlite3.connect(f"{file.absolute().as_uri()}?mode=rw", uri=True)
        connection.isolation_level = None  # we say BEGIN ourselves
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()  # what is no database shows here
        return connection


def _copy(reader: sqlite3.Connection, file: Path, place: Path) -> None:
    """Copy one file, and see that the copy is sound. Raises CannotCopy."""
    with _naming(file), closing(sqlite3.connect(place)) as copy:
        reader.backup(copy)
        [found] = copy.execute("PRAGMA quick_check(1)").fetchone()
    if found != "ok":
        raise CannotCopy(f"{file} is damaged: {found}")


@contextmanager
def _naming(file: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise CannotCopy(f"{file}: {error}") from error
