"""`headrow backup`: what `headrow up` keeps, in one file, as it is at one moment."""

import os
import shutil
import signal
import sqlite3
import tempfile
from collections.abc import Collection, Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from services.headrow import archive
from services.headrow.data_folder import KEPT, databases, sync
from services.headrow.errors import CannotRun
from services.headrow.restoring import check_complete
from services.runtime import erasures
from services.runtime.settings import Settings
from services.runtime.sqlite_files import CannotCopy, copy_all
from services.runtime.version import headrow_version


def back_up(settings: Settings, services: Collection[str], file: Path) -> datetime:
    """Write a backup of the data folder into a new file, and return the moment that it shows (UTC).

    Nothing is migrated or otherwise changed, and a running Headrow goes on. Raises CannotRun; then there is no file.
    """
    check_complete(settings.data)
    there = {service: path for service, path in databases(settings, services).items() if path.exists()}
    if not there:
        raise CannotRun(f"the data folder {settings.data} holds no databases: there is nothing to back up")
    _check_new(file)
    try:
        with _folder_beside(file) as folder:
            made_at = _collect(settings, there, folder)
            archive.pack(folder, _manifest(folder, there, made_at), folder / "archive")
            erasures.remember_folder(settings, file.parent)  # from now on, who is erased is listed there too
            _put(folder / "archive", file)
    except CannotCopy as error:
        raise CannotRun(str(error)) from error
    except OSError as error:
        raise CannotRun(f"{error.filename or file}: {error.strerror}") from error
    return made_at


@contextmanager
def _folder_beside(file: Path) -> Iterator[Path]:
    """Make a folder that its owner alone can read, on the disk that the backup goes to, and remove it at the end.

    That end may be SIGTERM: what is in the folder is about people, and must not be left behind.
    """
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with tempfile.TemporaryDirectory(prefix=".headrow-backup-", dir=file.absolute().parent) as folder:
            yield Path(folder)
    finally:
        signal.signal(signal.SIGTERM, before)


def _collect(settings: Settings, there: Mapping[str, Path], folder: Path) -> datetime:
    """Copy everything into a folder, and return the moment that the databases show.

    The other files come first. Each is written after what it is about is in the databases, so none can say of a
    programme that it was imported that the copies do not have.
    """
    for name in KEPT:
        if (settings.data / name).exists():
            shutil.copyfile(settings.data / name, folder / name)
    copies = {path: folder / archive.database_name(service) for service, path in there.items()}
    return copy_all(copies).astimezone(UTC)


def _manifest(folder: Path, there: Mapping[str, Path], made_at: datetime) -> archive.Manifest:
    files = {}
    for path in sorted(folder.iterdir()):
        with path.open("rb") as content:
            files[path.name] = archive.digest(content)
    return archive.Manifest(
        format=archive.FORMAT,
        headrow=headrow_version(),
        made_at=f"{made_at:%Y-%m-%dT%H:%M:%SZ}",
        revisions={service: _revision(folder / archive.database_name(service)) for service in there},
        files=files,
    )


def _revision(database: Path) -> str | None:
    """Return the last migration that a database has had, None where it has had none."""
    with closing(sqlite3.connect(database)) as connection:
        if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'").fetchone():
            return None
        found = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return str(found[0]) if found else None


def _check_new(file: Path) -> None:
    if os.path.lexists(file):
        raise _is_there(file)
    if not file.absolute().parent.is_dir():
        raise CannotRun(f"{file}: there is no such folder")


def _put(made: Path, file: Path) -> None:
    """Give the archive its name, which nothing may have been given meanwhile. Raises CannotRun."""
    try:
        os.close(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError as error:
        raise _is_there(file) from error
    made.replace(file)
    sync(file.absolute().parent)


def _is_there(file: Path) -> CannotRun:
    return CannotRun(f"{file} is there already, and a backup overwrites nothing: name a new file")
