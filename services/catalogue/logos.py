"""The logo of the site: taken as PNG, JPEG or WebP, drawn again without what else was in the file, and small."""

import base64
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

from sqlalchemy import delete, select
from sqlalchemy.orm import Session as OrmSession

from services.catalogue import images
from services.catalogue.models import City, Logo
from services.runtime.refusals import Invalid, NotFound

BOX: Final = (400, 120)  # pixels: width and height that it fits into
MOST_BYTES: Final = 1024 * 1024
UNUSED_FOR: Final = timedelta(days=1)  # a form that shows it may still be open


def drawn(content: str) -> images.Drawn:
    """Return the picture that is given in base64, drawn again to fit the box. Raises Invalid on field `logo`."""
    return images.drawn(images.bytes_of(content, MOST_BYTES, "logo"), BOX, "logo", keeps_clear=True)


def keep(db: OrmSession, picture: images.Drawn, now: datetime) -> dict[str, str]:
    """Keep a picture and return `{logo, media}`: the name to choose it by.

    The same picture has the same name. One that the city does not show is let go after a day.
    """
    name = sha256(picture.content).hexdigest()
    shown = select(City.logo).where(City.logo.is_not(None))
    db.execute(delete(Logo).where(Logo.added_at < now - UNUSED_FOR, Logo.hash.not_in(shown), Logo.hash != name))
    db.merge(Logo(hash=name, media=picture.media, content=picture.content, added_at=now))
    return {"logo": name, "media": picture.media}


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
