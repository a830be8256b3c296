"""The logo of the site: taken as PNG, JPEG or WebP, drawn again without what else was in the file, and small."""

import base64
import binascii
import io
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

from PIL import Image, ImageOps, UnidentifiedImageError
from sqlalchemy import delete, select
from sqlalchemy.orm import Session as OrmSession

from services.catalogue.models import City, Logo
from services.runtime.refusals import Invalid, NotFound

FORMATS: Final = ("PNG", "JPEG", "WEBP")
BOX: Final = (400, 120)  # pixels: width and height that it fits into
MOST_BYTES: Final = 1024 * 1024
MOST_PIXELS: Final = 16_000_000  # of the file: a few kilobytes can unpack to more than a machine has
UNUSED_FOR: Final = timedelta(days=1)  # a form that shows it may still be open


def keep(db: OrmSession, content: str, now: datetime) -> dict[str, str]:
    """Keep a picture, given in base64, and return `{logo, media}`: the name to choose it by. Raises Invalid.

    The same picture has the same name. One that the city does not show is let go after a day.
    """
    drawn, media = draw(_bytes_of(content))
    name = sha256(drawn).hexdigest()
    shown = select(City.logo).where(City.logo.is_not(None))
    db.execute(delete(Logo).where(Logo.added_at < now - UNUSED_FOR, Logo.hash.not_in(shown), Logo.hash != name))
    db.merge(Logo(hash=name, media=media, content=drawn, added_at=now))
    return {"logo": name, "media": media}


def one(db: OrmSession, name: str) -> dict[str, str]:
    """Return `{media, content}` of a picture, its content in base64. Raises NotFound."""
    logo = db.get(Logo, name)
    if logo is None:
        raise NotFound("There is no picture of this name.")
    return {"media": logo.media, "content": base64.b64encode(logo.content).decode("ascii")}


def check(db: OrmSession, city: City) -> None:
    """Raise Invalid unless the logo that the city shows is kept, and is described for people who do not see it."""
    if city.logo is None:
        return
    if db.get(Logo, city.logo) is None:
        raise Invalid.field("logo", "unknown-name")
    if city.logo_alt is None:
        raise Invalid.field("logo_alt", "missing")


def draw(content: bytes) -> tuple[bytes, str]:
    """Return a picture drawn again to fit the box, and its media type. Raises Invalid.

    A photograph stays a JPEG; all else becomes a PNG, which keeps what is clear. It is never made larger.
    """
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as given:
            return _drawn(given)
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, EOFError) as error:
        raise Invalid.field("logo", "not-a-picture", choices=[*FORMATS]) from error
    except Image.DecompressionBombError as error:
        raise Invalid.field("logo", "too-many-pixels", max=MOST_PIXELS) from error


def _drawn(given: Image.Image) -> tuple[bytes, str]:
    if given.width * given.height > MOST_PIXELS:
        raise Invalid.field("logo", "too-many-pixels", max=MOST_PIXELS)
    is_photograph = given.format == "JPEG"
    picture = ImageOps.exif_transpose(given).convert("RGB" if is_photograph else "RGBA")
    picture.thumbnail(BOX, Image.Resampling.LANCZOS)
    bare = Image.new(picture.mode, picture.size)  # without what came along: place, camera, colour profile, comments
    bare.paste(picture)
    written = io.BytesIO()
    if is_photograph:
        bare.save(written, "JPEG", quality=90, optimize=True)
        return written.getvalue(), "image/jpeg"
    bare.save(written, "PNG", optimize=True)
    return written.getvalue(), "image/png"


def _bytes_of(content: str) -> bytes:
    try:
        given = base64.b64decode(content, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Invalid.field("logo", "not-bytes") from error
    if not given:
        raise Invalid.field("logo", "not-a-picture", choices=[*FORMATS])
    if len(given) > MOST_BYTES:
        raise Invalid.field("logo", "too-many-bytes", max=MOST_BYTES)
    return given
