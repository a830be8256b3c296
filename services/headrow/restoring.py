"""`headrow restore`: a backup becomes the data folder. What was broken off is completed by the next `headrow up`."""

import shutil
from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from services.headrow import archive
from services.headrow.data_folder import KEPT, alone_in, databases, sync
from services.headrow.errors import CannotRun
from services.runtime import erasures
from services.runtime.settings import Settings

# Folders in the data folder: of a backup that is being unpacked, and of one that is whole and is being put in place.
BEGUN, WHOLE = "restore.begun", "restore.whole"
OF_SQLITE = ("-wal", "-shm", "-journal")  # files beside a database, which belong to that one and to no other


def restore(
    settings: Settings, services: Collection[str], file: Path, erased: Mapping[str, datetime] | None = None
) -> datetime:
    """Put a backup into the data folder, and return the moment that it shows.

    Who was `erased` since is noted there first: `headrow up` repeats that if nobody has before.

    Raises CannotRun, before anything is written, where the archive is damaged or of a newer Headrow, or where the
    folder holds data or is in use. Everything is unpacked aside; one rename then says that it is whole. Before that
    rename the folder holds nothing, after it everything, even if we are killed on the way: see `complete`.
    """
    places = _places(settings, services)
    made_at = archive.read(file, services).moment
    try:
        settings.data.mkdir(parents=True, exist_ok=True)
        with alone_in(settings.data):
            check_complete(settings.data)
            _check_empty(settings.data, places.values())
            for id_list in erasures.lists(settings) if erased else ():
                erasures.add(id_list, erased or {}, datetime.min.replace(tzinfo=UTC))
            erasures.remember_folder(settings, file.parent)
            _unpack(settings, services, file)
            complete(settings, services)
    except OSError as error:
        raise CannotRun(f"{error.filename or settings.data}: {error.strerror}") from error
    return made_at


def check_complete(data: Path) -> None:
    """Raise CannotRun where a restore into the data folder was broken off."""
    if (data / WHOLE).exists():
        raise CannotRun(f"a restore into {data} was broken off: start headrow up on it, which completes the restore")


def complete(settings: Settings, services: Collection[str]) -> None:
    """Put in place what a restore has unpacked, if it has; begun and not whole, it is thrown away.

    To be called by the one process that holds the data folder. Done twice, it goes on with what is left.
    """
    shutil.rmtree(settings.data / BEGUN, ignore_errors=True)
    whole = settings.data / WHOLE
    if not whole.exists():
        return
    made = _places(replace(settings, data=whole), services)
    for name, place in _places(settings, services).items():
        if made[name].exists():
            _move(made[name], place)
    shutil.rmtree(whole)


def _places(settings: Settings, services: Collection[str]) -> dict[str, Path]:
    """Return where each file that a backup can hold belongs, by its name in the backup."""
    of_services = {archive.database_name(name): path for name, path in databases(settings, services).items()}
    return {**of_services, **{name: settings.data / name for name in KEPT}}


def _check_empty(data: Path, places: Collection[Path]) -> None:
    beside = [path.with_name(path.name + end) for path in places for end in OF_SQLITE]
    there = [path for path in (*places, *beside) if path.exists()]
    if there:
        raise CannotRun(
            f"the data folder {data} holds data ({there[0].name}), and a restore overwrites nothing: "
            "name a new folder with --data FOLDER, or move what is there elsewhere first"
        )


def _unpack(settings: Settings, services: Collection[str], file: Path) -> None:
    begun = settings.data / BEGUN
    shutil.rmtree(begun, ignore_errors=True)
    begun.mkdir(mode=0o700)
    places = _places(replace(settings, data=begun), services)
    archive.unpack(file, lambda name: places[name])
    for folder in {path.parent for path in places.values() if path.exists()}:
        sync(folder)
    begun.rename(settings.data / WHOLE)
    sync(settings.data)


def _move(made: Path, place: Path) -> None:
    """Move one file; what another command may have begun there meanwhile goes."""
    place.parent.mkdir(parents=True, exist_ok=True)
    for end in OF_SQLITE:
        place.with_name(place.name + end).unlink(missing_ok=True)
    made.replace(place)
    sync(place.parent)
