"""Reading mail from files: one mail, an mbox, or a Maildir."""

import mailbox
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from services.headrow.errors import NoMailbox


def mails(path: Path) -> Iterator[tuple[str, bytes]]:
    """Yield a name and the bytes of each mail in a file or folder. Raises NoMailbox."""
    try:
        if path.is_dir():
            if not (path / "cur").is_dir() or not (path / "new").is_dir():
                raise NoMailbox(f"{path}: a folder of mail has the folders cur and new in it (Maildir)")
            yield from _each(mailbox.Maildir(path, create=False))
        elif _begins_with(path, b"From "):
            yield from _each(mailbox.mbox(path, create=False))
        else:
            yield path.name, path.read_bytes()
    except OSError as error:
        raise NoMailbox(f"{path}: {error.strerror}") from error


def _begins_with(file: Path, start: bytes) -> bool:
    with file.open("rb") as opened:
        return opened.read(len(start)) == start


def _each(box: "mailbox.Maildir | mailbox.mbox") -> Iterator[tuple[str, bytes]]:
    with closing(box):
        for key in sorted(box.keys()):
            yield str(key), box.get_bytes(key)
