"""The letters in the folder that mail as files goes to: reading them, and dropping those to somebody who is erased.

A name is only ever compared with those that are there: no path is made of one.
"""

import re
from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import Message
from email.utils import parseaddr
from pathlib import Path
from typing import Any

from services.runtime.refusals import NotFound

HEAD = 16 * 1024  # bytes that hold the head of any letter of ours
MOST_READ = 5000  # heads that one search reads, the latest first
STAMP = "%Y%m%dT%H%M%S.%fZ"
NAME = re.compile(r"(?P<hidden>\.)?(?P<stamp>\d{8}T\d{6}\.\d{6}Z)-(?P<id>[\w-]+)\.eml(?:\.\w+)?", re.ASCII)
CODE = re.compile(r"/sign-in/confirm#\S*\bcode=(\d+)\b")


@dataclass(frozen=True)
class Kept:
    """A file that holds a letter, or held one a moment ago; `finished` unless it is still being written."""

    path: Path
    id: str
    written_at: datetime
    finished: bool

    def head(self) -> bytes:
        """Return the beginning of the file, nothing where it has gone."""
        with suppress(FileNotFoundError), self.path.open("rb") as file:
            return file.read(HEAD).replace(b"\r\n", b"\n").partition(b"\n\n")[0]
        return b""


def name_of(id: str, written_at: datetime) -> str:
    """Return the name of the file of a letter: they sort by time, and a second sending doubles nothing."""
    return f"{written_at.astimezone(UTC):{STAMP}}-{id}.eml"


def folder_of(mail: str) -> Path:
    """Return the folder that `file:/folder` names. Raises NotFound for mail that goes anywhere else."""
    if not mail.startswith("file:"):
        raise NotFound("Mail does not go to files here.")
    return Path(mail.removeprefix("file:").removeprefix("//"))


def latest(folder: Path, to: str, limit: int) -> dict[str, Any]:
    """Return `{items: [{id, written_at, to, subject}]}`: the latest letters first, of those with `to` in their To."""
    found = []
    for kept in sorted(_finished(folder), key=lambda kept: kept.path.name, reverse=True)[:MOST_READ]:
        head = message_from_bytes(kept.head())
        if head["To"] and to.lower() in _mailbox(head, "To").lower():
            shown = {"to": _mailbox(head, "To"), "subject": _field(head, "Subject")}
            found.append({"id": kept.id, "written_at": kept.written_at, **shown})
        if len(found) == limit:
            break
    return {"items": found}


def one(folder: Path, id: str) -> dict[str, Any]:
    """Return `{id, written_at, from, to, subject, date, text, html, invite, code}` of one letter. Raises NotFound.

    `invite` is the calendar that it brings, and `code` the sign-in code in it; null where it has none.
    """
    kept = next((kept for kept in _finished(folder) if kept.id == id), None)
    content = b""
    if kept is not None:
        with suppress(FileNotFoundError):
            content = kept.path.read_bytes()
    letter = message_from_bytes(content)
    if kept is None or not letter["To"]:
        raise NotFound("There is no such letter.")
    text = _content(letter, "text/plain") or ""
    code = CODE.search(text)
    return {
        "id": kept.id,
        "written_at": kept.written_at,
        **{name.lower(): _mailbox(letter, name) for name in ("From", "To")},
        **{name.lower(): _field(letter, name) for name in ("Subject", "Date")},
        "text": text,
        "html": _content(letter, "text/html"),
        "invite": _content(letter, "text/calendar"),
        "code": code[1] if code else None,
    }


def forget(folder: Path, address: str | None, ids: Collection[str]) -> None:
    """Drop the letters to this address and those with these ids, unfinished ones too. Raises OSError.

    It reads the head of every file that the ids do not name: some seconds where there are a hundred thousand.
    """
    for kept in _all(folder):
        if kept.id in ids or (address and _goes_to(address, kept.head())):
            kept.path.unlink(missing_ok=True)


def drop_before(folder: Path, moment: datetime) -> None:
    """Drop the letters that were written before that. Raises OSError."""
    for kept in _all(folder):
        if kept.written_at < moment:
            kept.path.unlink(missing_ok=True)


def _all(folder: Path) -> Iterator[Kept]:
    with suppress(FileNotFoundError):
        for path in folder.iterdir():
            if name := NAME.fullmatch(path.name):
                with suppress(ValueError):  # of a name that is not of ours: the 99th of a month
                    written_at = datetime.strptime(name["stamp"], STAMP).replace(tzinfo=UTC)
                    yield Kept(path, name["id"], written_at, path.suffix == ".eml" and not name["hidden"])


def _finished(folder: Path) -> Iterator[Kept]:
    return (kept for kept in _all(folder) if kept.finished)


def _goes_to(address: str, head: bytes) -> bool:
    if address.lower().encode() not in head.lower():
        return False
    return parseaddr(str(message_from_bytes(head)["To"]))[1].lower() == address.lower()


def _field(letter: Message, name: str) -> str:
    """Return a header field as people read it; as it stands where it cannot be decoded, empty where there is none.

    Not by `email.policy`: on Python 3.11.7 it raises five kinds of error at fields that somebody made up.
    """
    raw = " ".join(str(letter[name] or "").split())
    try:
        return str(make_header(decode_header(raw)))
    except (HeaderParseError, LookupError, ValueError):
        return raw


def _mailbox(letter: Message, name: str) -> str:
    return _field(letter, name).replace('"', "")


def _content(letter: Message, content_type: str) -> str | None:
    """Return the first part of this type as text, whatever is wrong with its bytes."""
    part = next((part for part in letter.walk() if part.get_content_type() == content_type), None)
    if part is None:
        return None
    content = part.get_payload(decode=True)
    return content.decode("utf-8", "replace").replace("\r\n", "\n") if isinstance(content, bytes) else None
