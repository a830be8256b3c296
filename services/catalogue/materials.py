"""Materials: what a session leaves behind, shown once it was checked."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session as OrmSession

from services.catalogue import schemas
from services.catalogue.editing import check_version, find, locked, whole
from services.catalogue.errors import MaterialPublished
from services.catalogue.events import announcing
from services.catalogue.models import Material, Session
from services.runtime.faults import Fault
from services.runtime.refusals import Invalid


def add(db: OrmSession, slug: str, given: dict[str, Any]) -> Material:
    """Add the material that is `given` (a `schemas.NewMaterial`); nobody is told yet. Raises NotFound, Invalid."""
    session = locked(db, Session, slug=slug)
    _check_address(db, session, None, given["url"])
    material = new(session, given)
    db.add(material)
    db.flush()
    return material


def plan(db: OrmSession, given: dict[str, Any]) -> dict[str, Any]:
    """Return `{items}`: what `add_all` would add. Nothing is kept. Raises NotFound, Invalid."""
    _check_addresses(db, find(db, Session, slug=given["session"]), given["materials"])
    return {"items": given["materials"]}


def add_all(db: OrmSession, given: dict[str, Any]) -> dict[str, Any]:
    """Add the materials that are `given` (a `schemas.NewMaterials`), or none; return `{items}`. Nobody is told yet.

    Raises NotFound, Invalid.
    """
    session = locked(db, Session, slug=given["session"])
    _check_addresses(db, session, given["materials"])
    added = [new(session, one) for one in given["materials"]]
    db.add_all(added)
    db.flush()
    return {"items": added}


def change(db: OrmSession, id: str, version: int, given: dict[str, Any], now: datetime) -> Material:
    """Change the fields that are `given`. Raises NotFound, StaleVersion, Invalid, MaterialPublished."""
    material = _locked(db, id)
    check_version(material, version)
    wanted = whole(schemas.NewMaterial, material, given)
    _check_address(db, material.session, material, wanted["url"])
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


def new(session: Session, given: dict[str, Any]) -> Material:
    """Return a draft of the session's, as it is `given`."""
    material = Material(id=str(uuid.uuid4()), session=session, status="draft")
    assign(material, given)
    return material


def assign(material: Material, given: dict[str, Any]) -> None:
    """Make the material what is `given`, whole."""
    for name in ("kind", "title", "url", "minutes", "captions", "audience"):
        setattr(material, name, given[name])


def _locked(db: OrmSession, id: str) -> Material:
    """Return the material, with its session locked: whoever changes either holds the session."""
    locked(db, Session, id=find(db, Material, id=id).session_id)
    return locked(db, Material, id=id)


def _check_address(db: OrmSession, session: Session, material: Material | None, url: str) -> None:
    there = db.scalar(select(Material).where(Material.session_id == session.id, Material.url == url))
    if there and there is not material:
        raise Invalid.field("url", "url-taken")


def _check_addresses(db: OrmSession, session: Session, given: list[dict[str, Any]]) -> None:
    addresses = [one["url"] for one in given]
    there = set(db.scalars(select(Material.url).where(Material.session_id == session.id, Material.url.in_(addresses))))
    taken = [n for n, url in enumerate(addresses) if url in there]
    if taken:
        raise Invalid([Fault("url-taken").at(f"materials.{n}.url") for n in taken])
