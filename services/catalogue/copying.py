"""Copies of a session: drafts on other days, at the same local times."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session as OrmSession

from services.catalogue import materials, pictures, schemas, sessions
from services.catalogue.editing import add_with_slug, find
from services.catalogue.models import Programme, Session
from services.runtime.refusals import Invalid
from services.runtime.schemas import CITY, load

NO_VENUE_YET = {"name": "To be confirmed"}  # a session in a room has a venue
NOT_COPIED = ("recording",)  # it is of what took place


def plan(db: OrmSession, slug: str, given: dict[str, Any]) -> dict[str, Any]:
    """Return `{items}`: each copy that `given` (a `schemas.Copying`) would make, as a new session is given.

    Nothing is kept. Raises NotFound, Invalid.
    """
    wanted = wanted_of(find(db, Session, slug=slug), given)
    return {"items": schemas.NewSession(many=True).dump(wanted)}


def copy(db: OrmSession, slug: str, given: dict[str, Any], now: datetime) -> dict[str, Any]:
    """Draft the copies that `given` (a `schemas.Copying`) asks for; return `{items}`. Nobody is told yet.

    Raises NotFound, Invalid.
    """
    source = find(db, Session, slug=slug)
    copies = [made(db, source, wanted, given["parts"], now) for wanted in wanted_of(source, given)]
    db.flush()
    return {"items": schemas.SessionView(many=True).dump(copies)}


def made(db: OrmSession, source: Session, wanted: dict[str, Any], parts: list[str], now: datetime) -> Session:
    """Draft one copy, as it is `wanted`, with the source's picture; and with its materials, if the `parts` say so."""
    session = Session(changed_at=now)
    sessions.assign(db, session, wanted)
    add_with_slug(db, session, None, source.slug)
    pictures.copy(source, session)
    if "materials" in parts:
        take_materials(db, source, session)
    return session


def take_materials(db: OrmSession, source: Session | Programme, copy: Session | Programme) -> None:
    """Add the source's materials to its copy, unpublished; recordings are of what took place."""
    for material in source.materials:
        if material.kind not in NOT_COPIED:
            db.add(materials.new(copy, schemas.NewMaterial().dump(material)))


def wanted_of(source: Session, given: dict[str, Any]) -> list[dict[str, Any]]:
    """Return each copy, loaded. Raises Invalid with the place among the days of whatever cannot be."""
    first = source.meetings[0].starts_at.astimezone(CITY).date()
    if "dates" in given:
        shifts = [(f"dates.{n}", (day - first).days) for n, day in enumerate(given["dates"])]
    elif "starts_on" in given:
        shifts = [("starts_on", (given["starts_on"] - first).days)]
    else:
        shifts = [("days", given["days"])]
    kept = _kept(source, given)
    copies, errors = [], []
    for field, days in shifts:
        try:
            copies.append(load(schemas.NewSession(), {**kept, **_times(source, days, kept)}))
        except Invalid as invalid:
            errors += [{**error, "field": field} for error in invalid.errors[:1]]
    if errors:
        raise Invalid(errors)
    return copies


def _kept(source: Session, given: dict[str, Any]) -> dict[str, Any]:
    parts = {*given["parts"], *schemas.TEXTS} - set(given["leave_out"])
    fields: dict[str, Any] = schemas.NewSession(exclude=("slug",)).dump(source)
    fields |= {name: given[name] for name in ("title", "programme") if name in given}
    if "texts" not in parts:
        fields |= {"summary": "", "topics": []}
    if "speakers" not in parts:
        fields["speakers"] = []
    if "venue" not in parts and source.venue:
        fields |= {"venue": NO_VENUE_YET, "travel_minutes": 0}
    if "join_url" not in parts:
        fields["join_url"] = None
    if "held_places" not in parts:
        fields["held_places"] = []
    if "places" not in parts:
        least = max(1, sum(held["places"] for held in fields["held_places"]))
        fields |= {name: least for name in ("places_in_room", "places_online") if fields[name]}
    return fields


def _times(source: Session, days: int, kept: dict[str, Any]) -> dict[str, Any]:
    meetings = [
        {"starts_at": _shifted(meeting.starts_at, days), "ends_at": _shifted(meeting.ends_at, days)}
        for meeting in source.meetings
    ]
    until = {held.sector: _shifted(held.until, days) for held in source.held_places}
    opens, closes = source.booking_opens_at, source.applications_until
    return {
        "meetings": meetings,
        "held_places": [{**held, "until": until[held["sector"]]} for held in kept["held_places"]],
        "booking_opens_at": _shifted(opens, days) if opens else None,
        "applications_until": _shifted(closes, days) if closes else None,
    }


def _shifted(moment: datetime, days: int) -> str:
    """Return the same local time so many days later; loading the copy refuses what the clocks leave out."""
    return (moment.astimezone(CITY).replace(tzinfo=None) + timedelta(days=days)).isoformat()
