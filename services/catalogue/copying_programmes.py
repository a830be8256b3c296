"""Copies of a programme: another one of its kind, with a draft of each of its sessions, as one act."""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session as OrmSession

from services.catalogue import copying, programmes, schemas
from services.catalogue.editing import find
from services.catalogue.models import Programme, Session
from services.runtime.faults import Fault
from services.runtime.refusals import Invalid
from services.runtime.schemas import load

MOST_COPIES = 100
Wanted = list[tuple[Session, dict[str, Any]]]  # a session, and a copy of it as a new session is loaded


def plan(db: OrmSession, slug: str, given: dict[str, Any]) -> dict[str, Any]:
    """Return `{items}`: `{session, copy}` of each copy that `given` (a `schemas.ProgrammeCopying`) would make.

    Nothing is kept. Raises NotFound, Invalid.
    """
    wanted = _wanted(db, find(db, Programme, slug=slug), given)
    return {"items": [{"session": one.slug, "copy": schemas.NewSession().dump(copy)} for one, copy in wanted]}


def copy(db: OrmSession, slug: str, given: dict[str, Any], now: datetime) -> dict[str, Any]:
    """Add the programme that `given` asks for, and draft its sessions; return `{programme, items, sources}`.

    `sources` are the slugs of what each item is a copy of. The programme is public, as each new one is; nobody is told
    of its drafts. Raises NotFound, Invalid.
    """
    source = find(db, Programme, slug=slug)
    wanted = _wanted(db, source, given)
    texts = schemas.NewProgramme(exclude=("slug",)).dump(source)
    new = load(schemas.NewProgramme(), {**texts, "title": given["title"]})
    programme = programmes.create(db, {**new, "slug": given.get("slug")}, now)
    parts = given["parts"]
    if "materials" in parts:
        copying.take_materials(db, source, programme)
    made = [copying.made(db, one, {**as_, "programme": programme.slug}, parts, now) for one, as_ in wanted]
    db.flush()
    items = schemas.SessionView(many=True).dump(made)
    sources = [one.slug for one, _ in wanted]
    return {"programme": schemas.ProgrammeState().dump(programme), "items": items, "sources": sources}


def _wanted(db: OrmSession, source: Programme, given: dict[str, Any]) -> Wanted:
    """Return each copy. Raises Invalid with the place among what is `given` of whatever cannot be."""
    theirs = select(Session).where(Session.programme_id == source.id, Session.status != "cancelled")
    sessions = {session.slug: session for session in db.scalars(theirs.where(Session.template.is_(None)))}
    if "days" in given:
        shifts = [(slug, {"days": given["days"]}, "") for slug in sessions]
    else:
        listed = enumerate(given["sessions"])
        shifts = [(one["session"], {"dates": one["dates"]}, f"sessions.{n}.") for n, one in listed]
    chosen = {name: given[name] for name in ("parts", "leave_out")}
    wanted: Wanted = []
    errors: list[dict[str, Any]] = []
    for slug, when, path in shifts:
        if slug not in sessions:
            errors.append(Fault("unknown-name").at(f"{path}session"))
            continue
        try:
            copies = copying.wanted_of(sessions[slug], {**chosen, **when})
            wanted += [(sessions[slug], copy) for copy in copies]
        except Invalid as invalid:
            errors += [{**error, "field": f"{path}{error['field']}"} for error in invalid.errors]
    if len(wanted) > MOST_COPIES:
        raise Invalid.field("days" if "days" in given else "sessions", "too-many-copies", max=MOST_COPIES)
    if errors:
        raise Invalid(errors)
    return sorted(wanted, key=lambda one: (one[1]["meetings"][0]["starts_at"], one[0].slug))
