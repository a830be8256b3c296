"""What every change goes through: the row's lock, the version that the editor read, and the rules of a new thing."""

import re
import unicodedata
from collections.abc import Iterator
from typing import Any, TypeVar

from sqlalchemy import exists, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session as OrmSession

from services.catalogue import models, versions
from services.runtime.faults import Fault
from services.runtime.refusals import Invalid, NotFound, StaleVersion
from services.runtime.schemas import Schema, load

T = TypeVar("T", bound=models.Base)
Sluggish = TypeVar("Sluggish", models.Speaker, models.Programme, models.Session)

# Fields that a change leaves as they are, and the code of what tries it.
FIXED = {"slug": "slug-fixed", "delivery": "delivery-fixed", "kind": "kind-fixed"}


def find(db: OrmSession, model: type[T], **named: Any) -> T:
    """Return the one row of `model` that is named so. Raises NotFound."""
    thing = db.scalars(select(model).filter_by(**named)).one_or_none()
    if thing is None:
        raise NotFound
    return thing


def locked(db: OrmSession, model: type[T], **named: Any) -> T:
    """Return the one row of `model` that is named so, as it is now, and nobody else's until the end of `db`."""
    rows = select(model).filter_by(**named).with_for_update()
    thing = db.scalars(rows.execution_options(populate_existing=True)).one_or_none()
    if thing is None:
        raise NotFound
    return thing


def check_version(thing: Any, version: int) -> None:
    """Raise StaleVersion, with the fact `version`, if `thing` is not what its editor read."""
    if thing.version != version:
        raise StaleVersion(version=thing.version)


def whole(schema: type[Schema], thing: models.Base, given: dict[str, Any], may: str = "") -> dict[str, Any]:
    """Return `thing` with what is `given` (loaded), as `schema` loads a new one. Raises Invalid.

    `may` names a field that is fixed for others, and changes here.
    """
    stored, asked = schema().dump(thing), schema().dump(given)
    fixed = [name for name in FIXED if name in asked and asked[name] != stored[name] and name != may]
    if fixed:
        raise Invalid([Fault(FIXED[name]).at(name) for name in fixed])
    loaded: dict[str, Any] = load(schema(), stored | asked)
    return loaded


def add_with_slug(db: OrmSession, thing: Sluggish, slug: str | None, title: str) -> Sluggish:
    """Add `thing` under `slug`, or under the first free one that its title makes. Raises Invalid on field `slug`."""
    for candidate in [slug] if slug else slugs_from(title):
        thing.slug = candidate
        if _added(db, thing):
            versions.begin_above(db, [thing])
            return thing
    raise Invalid.field("slug", "slug-taken" if slug else "no-slug")


def _added(db: OrmSession, thing: Sluggish) -> bool:
    if _taken(db, thing):
        return False
    try:
        with db.begin_nested():
            db.add(thing)
    except IntegrityError:  # somebody may have taken the slug since we looked
        if not _taken(db, thing):
            raise
        return False
    return True


def _taken(db: OrmSession, thing: Sluggish) -> bool:
    return bool(db.scalar(select(exists().where(type(thing).slug == thing.slug))))


def slugs_from(title: str) -> Iterator[str]:
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    words = re.sub(r"[^a-z0-9]+", "-", plain.replace("'", "")).strip("-")
    slug = words[:76].rstrip("-")  # leaves room for -999
    if slug:
        yield slug
        yield from (f"{slug}-{n}" for n in range(2, 1000))
