"""Pictures of sessions and speakers: given, taken away, copied, and read as files."""

import base64
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Final

from sqlalchemy import delete, exists
from sqlalchemy.orm import Session as OrmSession

from services.catalogue import images
from services.catalogue.editing import check_version, locked
from services.catalogue.events import announcing
from services.catalogue.models import Picture, PictureFile, Session, Speaker
from services.runtime.refusals import NotFound

WIDTHS: Final = (320, 640, 1280)  # pixels
TALLEST: Final = 2  # times as high as it is wide: one that is taller is made smaller as a whole
MOST_BYTES: Final = 8_000_000


@dataclass(frozen=True)
class Drawn:
    """A picture in all its sizes, the smallest first, and the name of its files."""

    sizes: list[images.Drawn]
    hash: str


def drawn(content: str) -> Drawn:
    """Return the picture that is given in base64, in all sizes up to its own. Raises Invalid on field `content`."""
    data = images.bytes_of(content, MOST_BYTES, "content")
    sizes: dict[int, images.Drawn] = {}
    for most in reversed(WIDTHS):  # each from the one before, which is quick: a photograph takes a second to read
        one = images.drawn(data, (most, most * TALLEST), "content")
        data, sizes[one.width] = one.content, one
    files = [sizes[width] for width in sorted(sizes)]
    return Drawn(files, sha256(files[-1].content).hexdigest()[:40])


def put(db: OrmSession, kind: str, slug: str, alt: str, picture: Drawn, now: datetime) -> Session | Speaker:
    """Give one of a `kind` (sessions or speakers) a picture, in the place of any other. Raises NotFound."""
    owner = _owner(db, kind, slug)
    before = owner.picture.hash if owner.picture else None
    largest, widths = picture.sizes[-1], [size.width for size in picture.sizes]
    said = {"hash": picture.hash, "alt": alt, "width": largest.width, "height": largest.height, "widths": widths}
    with announcing(db, now, owner):
        for size in picture.sizes:
            db.merge(PictureFile(hash=picture.hash, width=size.width, content=size.content))
        if owner.picture is None:
            owner.picture = Picture(**said)
        else:
            for name, value in said.items():
                setattr(owner.picture, name, value)
    _let_go(db, before)
    return owner


def describe(db: OrmSession, kind: str, slug: str, version: int, alt: str, now: datetime) -> Session | Speaker:
    """Say in other words what the picture of one of a `kind` shows. `version` is that of the session or speaker.

    Raises NotFound, also where there is no picture; StaleVersion.
    """
    owner = _owner(db, kind, slug)
    if owner.picture is None:
        raise NotFound("There is no picture to describe.")
    check_version(owner, version)
    with announcing(db, now, owner):
        owner.picture.alt = alt
    return owner


def remove(db: OrmSession, kind: str, slug: str, now: datetime) -> Session | Speaker:
    """Take the picture away; once is enough. Raises NotFound."""
    owner = _owner(db, kind, slug)
    before = owner.picture.hash if owner.picture else None
    with announcing(db, now, owner):
        owner.picture = None
    _let_go(db, before)
    return owner


def copy(source: Session, copied: Session) -> None:
    """Give a copy of a session the same picture."""
    if source.picture is not None:
        names = ("hash", "alt", "width", "height", "widths")
        copied.picture = Picture(**{name: getattr(source.picture, name) for name in names})


def file(db: OrmSession, hash: str, width: int) -> dict[str, str]:
    """Return `{content}` of a file, a JPEG in base64. Raises NotFound."""
    found = db.get(PictureFile, (hash, width))
    if found is None:
        raise NotFound("There is no such picture.")
    return {"content": base64.b64encode(found.content).decode("ascii")}


def let_go_of(db: OrmSession, owner: Session | Speaker) -> None:
    """Remove the picture of what is to be deleted."""
    before = owner.picture.hash if owner.picture else None
    owner.picture = None
    _let_go(db, before)


def _let_go(db: OrmSession, hash: str | None) -> None:
    """Remove the files of a picture that nothing has any more."""
    db.flush()
    if hash is not None:
        still_shown = exists().where(Picture.hash == hash)
        db.execute(delete(PictureFile).where(PictureFile.hash == hash, ~still_shown))


def _owner(db: OrmSession, kind: str, slug: str) -> Session | Speaker:
    return locked(db, Session, slug=slug) if kind == "sessions" else locked(db, Speaker, slug=slug)
