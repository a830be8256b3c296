"""The data folder of `headrow up`: who uses it, what is in it, and what its clock says."""

import fcntl
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from services import demo
from services.headrow.errors import CannotRun
from services.runtime import clock
from services.runtime.settings import Settings

# Beside the databases: what a restored folder needs. Emails as files are left out, as they are for demonstrations.
KEPT = ("secret-key", "imported", demo.NOTE)


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Hold the data folder: two processes on one folder would each believe that it is theirs. Raises CannotRun."""
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise CannotRun(f"another headrow up uses the data folder {folder}") from error
        yield


def set_clock(settings: Settings) -> None:
    """Set the clock if it is to be set, and leave word of it for the commands that work on the same data."""
    if settings.clock:
        clock.start_at(settings.clock)
    (settings.data / "clock").write_text(str(clock.shift().total_seconds()))


def read_clock(settings: Settings) -> None:
    """Have the time that `headrow up` has on the same data: a token must not run out before it is printed."""
    kept = settings.data / "clock"
    if settings.embedded and kept.exists():
        clock.run_shifted(timedelta(seconds=float(kept.read_text())))


def databases(settings: Settings, services: Iterable[str]) -> dict[str, Path]:
    """Return where the SQLite file of each service is, or would be. Raises CannotRun where those are elsewhere."""
    if not settings.embedded or not settings.database.startswith("sqlite:"):
        raise CannotRun(
            "only what headrow up keeps is backed up and restored by a command: "
            "for PostgreSQL, see “Backup and restore” in docs/operations.md"
        )
    prefix, _, name = settings.database.partition("{data}/")
    if prefix != "sqlite:///" or "{service}" not in name or ".." in name:
        raise CannotRun("the databases are not in the data folder: unset HEADROW_DATABASE, or copy them yourself")
    return {service: settings.data / name.replace("{service}", service) for service in services}


def sync(folder: Path) -> None:
    """Have the names in a folder on disk, so that a file that was put there is there after a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
