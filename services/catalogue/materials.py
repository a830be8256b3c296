"""Materials: what a session leaves behind or is prepared with, and what is of a programme; shown once checked."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import Session as OrmSession

from services.catalogue import schemas
from services.catalogue.editing import check_version, find, locked, whole
from services.catalogue.errors import MaterialPublished
from services.catalogue.events import announcing
from services.catalogue.models import Material, Programme, Session
from services.runtime.faults import Fault
from services.runtime.paging import page_of
from services.runtime.refusals import Invalid

Owner = Session | Programme | None  # what a material is of: None where it is of the whole library


def add(db: OrmSession, given: dict[str, Any]) -> Material:
    """Add the material that is `given` (a `schemas.OwnedMaterial`); nobody is told yet. Raises NotFound, Invalid."""
    owner = _owner(db, given)
    _check_audience(owner, given["audience"])
    _check_address(db, owner, None, given["url"])
    material = new(owner, given)
    db.add(material)
    db.flush()
    return material


def plan(db: OrmSession, given: dict[str, Any]) -> dict[str, Any]:
    """Return `{items}`: what `add_all` would add. Nothing is kept. Raises NotFound, Invalid."""
    _check_all(db, _owner(db, given), given["materials"])
    return {"items": given["materials"]}


def add_all(db: OrmSession, given: dict[str, Any]) -> dict[str, Any]:
    """Add the materials that are `given` (a `schemas.NewMaterials`), or none; return `{items}`. Nobody is told yet.

    Raises NotFound, Invalid.
    """
    owner = _owner(db, given)
    _check_all(db, owner, given["materials"])
    added = [new(owner, one) for one in given["materials"]]
    db.add_all(added)
    db.flush()
    return {"items": added}


def page(db: OrmSession, programme: str | None, cursor: str | None, limit: int) -> dict[str, Any]:
    """Return `{items, next}`: the materials of the programme itself, or of neither session nor programme.

    Drafts are among them; the oldest are first. `limit` is 1 to 100. Raises NotFound, Invalid.
    """
    if not 1 <= limit <= 100:
        raise Invalid.field("limit", "out-of-range", min=1, max=100, of="whole number")
    owner = find(db, Programme, slug=programme) if programme else None
    rows, after = page_of(db, select(Material).where(_is_of(owner)), Material.number, cursor, limit)
    return {"items": [material for material, _ in rows], "next": after}


def change(db: OrmSession, id: str, version: int, given: dict[str, Any], now: datetime) -> Material:
    """Change the fields that are `given`. Raises NotFound, StaleVersion, Invalid, MaterialPublished."""
    material = _locked(db, id)
    check_version(material, version)
    wanted = whole(schemas.NewMaterial, material, given)
    _check_audience(owner_of(material), wanted["audience"])
    _check_address(db, owner_of(material), material, wanted["url"])
    if material.kind == "recording" and material.published and wanted["url"] != material.url:
        raise MaterialPublished
    with announcing(db, now, material):
        assign(material, wanted)
    return material


def publish(db: OrmSession, id: str, checks: dict[str, bool], now: datetime) -> Material:
    """Show the material to its audience. Raises NotFound, SessionNotPublished, PublicationCheckIncomplete."""
    material = _locked(db, id)
    with announcing(db, now, material):
        material.publish(checks)
    return material


def withdraw(db: OrmSession, id: str, now: datetime) -> Material:
    """Take the material back, if it was published. Raises NotFound."""
    material = _locked(db, id)
    with announcing(db, now, material):
        material.withdraw()
    return material


def new(owner: Owner, given: dict[str, Any]) -> Material:
    """Return a draft of the owner's, as it is `given`."""
    session, programme = (owner if isinstance(owner, kind) else None for kind in (Session, Programme))
    material = Material(id=str(uuid.uuid4()), session=session, programme=programme, status="draft")
    assign(material, given)
    return material


def assign(material: Material, given: dict[str, Any]) -> None:
    """Make the material what is `given`, whole."""
    for name in ("kind", "title", "url", "minutes", "captions", "audience"):
        setattr(material, name, given[name])


def owner_of(material: Material) -> Owner:
    """Return what the material is of."""
    return material.session or material.programme


def _owner(db: OrmSession, given: dict[str, Any]) -> Owner:
    """Return what new materials are to be of, locked. Raises NotFound."""
    if given.get("session"):
        return locked(db, Session, slug=given["session"])
    return locked(db, Programme, slug=given["programme"]) if given.get("programme") else None


def _locked(db: OrmSession, id: str) -> Material:
    """Return the material, with what it is of locked: whoever changes either holds that."""
    material = find(db, Material, id=id)
    if material.session_id:
        locked(db, Session, id=material.session_id)
    elif material.programme_id:
        locked(db, Programme, id=material.programme_id)
    return locked(db, Material, id=id)


def _is_of(owner: Owner) -> ColumnElement[bool]:
    if isinstance(owner, Session):
        return Material.session_id == owner.id
    if isinstance(owner, Programme):
        return Material.programme_id == owner.id
    return and_(Material.session_id.is_(None), Material.programme_id.is_(None))


def _check_audience(owner: Owner, audience: str, field: str = "audience") -> None:
    if not isinstance(owner, Session) and audience not in schemas.WITHOUT_SESSION:
        raise Invalid.field(field, "not-a-choice", choices=list(schemas.WITHOUT_SESSION))


def _check_address(db: OrmSession, owner: Owner, material: Material | None, url: str) -> None:
    there = db.scalar(select(Material).where(_is_of(owner), Material.url == url))
    if there and there is not material:
        raise Invalid.field("url", "url-taken")


def _check_all(db: OrmSession, owner: Owner, given: list[dict[str, Any]]) -> None:
    for n, one in enumerate(given):
        _check_audience(owner, one["audience"], f"materials.{n}.audience")
    addresses = [one["url"] for one in given]
    there = set(db.scalars(select(Material.url).where(_is_of(owner), Material.url.in_(addresses))))
    taken = [n for n, url in enumerate(addresses) if url in there]
    if taken:
        raise Invalid([Fault("url-taken").at(f"materials.{n}.url") for n in taken])
