"""The file of a backup: a tar.gz of a manifest and the files that it names. Read, it is taken to be from anyone."""

import gzip
import hashlib
import json
import os
import tarfile
import zlib
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import IO

from services.headrow.data_folder import KEPT
from services.headrow.errors import CannotRun
from services.runtime.migrations import knows
from services.runtime.version import headrow_version

FORMAT = 1
MANIFEST = "manifest.json"
LONGEST_MANIFEST = 1024 * 1024  # bytes
CHUNK = 1024 * 1024  # bytes
DAMAGE = (  # what reading raises: of the compression, of the archive, of the manifest's JSON and of its fields
    *(gzip.BadGzipFile, zlib.error, EOFError, tarfile.TarError),
    *(ValueError, RecursionError, TypeError, AttributeError),
)


@dataclass(frozen=True)
class Manifest:
    """What a backup is of.

    `made_at` is the moment that it shows, `revisions` the last migration of each service's database (None: it had
    none yet), and `files` the SHA-256 of each file.
    """

    format: int
    headrow: str
    made_at: str
    revisions: Mapping[str, str | None]
    files: Mapping[str, str]

    @property
    def moment(self) -> datetime:
        """When it was made, in UTC."""
        return datetime.fromisoformat(self.made_at)


class _Unusable(Exception):
    """The archive is damaged, or none of ours; the message says what is wrong with it."""


def database_name(service: str) -> str:
    """Return the name of a service's database in a backup."""
    return f"{service}.db"


def pack(folder: Path, manifest: Manifest, archive: Path) -> None:
    """Write the files of a folder that the manifest names into a new file that its owner alone can read."""
    with new_file(archive) as written, tarfile.open(fileobj=written, mode="w:gz", compresslevel=6) as tar:
        text = json.dumps(asdict(manifest), indent=2).encode()
        tar.addfile(_entry(MANIFEST, len(text)), BytesIO(text))
        for name in manifest.files:
            with (folder / name).open("rb") as content:
                tar.addfile(_entry(name, os.stat(content.fileno()).st_size), content)


def read(archive: Path, services: Collection[str]) -> Manifest:
    """Read all of an archive, write nothing, and return its manifest.

    Raises CannotRun where it cannot be read, is damaged, holds what no backup does, or is of a newer Headrow.
    """
    with _members(archive) as members:
        name, content = next(members, ("", BytesIO()))
        if name != MANIFEST:
            raise _Unusable("it does not begin with a manifest")
        manifest = Manifest(**json.loads(content.read(LONGEST_MANIFEST)))
        if _is_newer(manifest, services):
            raise CannotRun(
                f"{archive} was made by a newer Headrow than this one: "
                f"it says {manifest.headrow!r}, and this is {headrow_version()}. Install that version, or a later one"
            )
        found = [(name, digest(content)) for name, content in _known(members, services)]
        if sorted(found) != sorted(manifest.files.items()) or manifest.moment.tzinfo is None:
            raise _Unusable("it is not as its manifest says")
    return manifest


def unpack(archive: Path, place_of: Callable[[str], Path]) -> None:
    """Write each file of an archive that was `read` to the place of its name, readable by its owner alone.

    Only contents are taken: no name, mode, owner or link of the archive ever reaches the file system.
    """
    with _members(archive) as members:
        for name, content in members:
            if name != MANIFEST:
                place_of(name).parent.mkdir(parents=True, exist_ok=True)
                with new_file(place_of(name)) as written:
                    while part := content.read(CHUNK):
                        written.write(part)


def digest(content: IO[bytes]) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    return hashlib.file_digest(content, "sha256").hexdigest()  # type: ignore[arg-type]


@contextmanager
def new_file(path: Path) -> Iterator[IO[bytes]]:
    """Open a new file that its owner alone can read; at the end it is on disk."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())


def _entry(name: str, size: int) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = size, 0o600
    return entry


def _is_newer(manifest: Manifest, services: Collection[str]) -> bool:
    return manifest.format > FORMAT or any(
        service not in services or (revision is not None and not knows(service, revision))
        for service, revision in manifest.revisions.items()
    )


def _known(members: Iterator[tuple[str, IO[bytes]]], services: Collection[str]) -> Iterator[tuple[str, IO[bytes]]]:
    names = {*KEPT, *(database_name(service) for service in services)}
    for name, content in members:
        if name not in names:
            raise _Unusable(f"it holds {name!r}, which is no part of one")
        yield name, content


@contextmanager
def _members(archive: Path) -> Iterator[Iterator[tuple[str, IO[bytes]]]]:
    """Open an archive, and say of everything that can be wrong with it that it is no backup. Raises CannotRun."""
    try:
        opened = archive.open("rb")
    except OSError as error:
        raise CannotRun(f"{archive}: {error.strerror}") from error
    try:
        with opened, tarfile.open(fileobj=opened, mode="r:gz") as tar:
            yield _files(tar)
    except (_Unusable, *DAMAGE) as error:
        raise CannotRun(f"{archive} is no backup, or is damaged: {error}") from error


def _files(tar: tarfile.TarFile) -> Iterator[tuple[str, IO[bytes]]]:
    for member in tar:
        content = tar.extractfile(member) if member.isreg() else None
        if content is None:
            raise _Unusable(f"it holds {member.name!r}, which is no file")
        yield member.name, content
    assert tar.fileobj is not None
    while tar.fileobj.read(CHUNK):  # to its end, where the checksum of gzip is
        pass
