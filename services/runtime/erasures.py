"""The list of who was erased, kept outside the databases: a restored backup brings people back, and this does not.

A line is a moment and the id of a person, which leads to nobody once they are erased. `headrow up` keeps a list in its
data folder, and one beside each of its backups, where it is wanted and where it outlives the data folder.
"""

import fcntl
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Final

from services.runtime.settings import Settings

NAME: Final = "erasures"  # of the list in the data folder
BESIDE: Final = "headrow.erasures"  # of a list beside backups
FOLDERS: Final = "backups"  # a file in the data folder: where backups were written to, a folder a line
_LINE: Final = re.compile(r"(\S+) ([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})")


def lists(settings: Settings) -> list[Path]:
    """Return the files in which the list is kept; none where no file is named and there is no data folder."""
    if not settings.embedded:
        return [settings.erasures] if settings.erasures else []
    beside = [folder / BESIDE for folder in _folders(settings)]
    return list(dict.fromkeys([settings.erasures or settings.data / NAME, *beside]))


def remember_folder(settings: Settings, folder: Path) -> None:
    """Have the list kept in this folder too, as there is a backup in it. Raises OSError."""
    if folder.absolute() not in _folders(settings):
        with (settings.data / FOLDERS).open("a", encoding="utf-8") as note:
            note.write(f"{folder.absolute()}\n")


def read(file: Path) -> dict[str, datetime]:
    """Return who is on a list, and when they were erased: nobody where there is no such file. Raises OSError.

    A line that is none was cut off by a crash, and is written again by whoever holds the database.
    """
    try:
        text = file.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return {}
    return dict(_entries(text))


def add(file: Path, erased: Mapping[str, datetime], since: datetime) -> int:
    """Add those who are not on the list, drop those erased before `since`, and return how many were added.

    It is on disk afterwards, whole. Safe in several processes at once. Raises OSError.
    """
    there = read(file)
    new = {id: at for id, at in erased.items() if id not in there and at >= since}
    if not new and all(at >= since for at in there.values()):
        return 0
    with _alone(file):
        kept = {id: at for id, at in {**new, **read(file)}.items() if at >= since}
        beside = file.with_name(f".{file.name}.new")
        with open(beside, "w", encoding="utf-8", opener=_for_the_owner) as written:
            written.writelines(f"{at.isoformat()} {id}\n" for id, at in sorted(kept.items(), key=lambda one: one[1]))
            written.flush()
            os.fsync(written.fileno())
        beside.replace(file)
        _sync(file.absolute().parent)
    return len(new)


def _entries(text: str) -> Iterator[tuple[str, datetime]]:
    for line in text.splitlines():
        found = _LINE.fullmatch(line)
        if found:
            try:
                at = datetime.fromisoformat(found[1])
            except ValueError:
                continue
            if at.tzinfo is not None:
                yield found[2], at


def _folders(settings: Settings) -> list[Path]:
    try:
        return [Path(line) for line in (settings.data / FOLDERS).read_text(encoding="utf-8").splitlines() if line]
    except FileNotFoundError:
        return []


@contextmanager
def _alone(file: Path) -> Iterator[None]:
    with open(file.with_name(f".{file.name}.lock"), "w", opener=_for_the_owner) as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _for_the_owner(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
