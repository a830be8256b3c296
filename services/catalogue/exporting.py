"""Export: what is public, in the shape of a programme file, so that importing it changes nothing."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session as OrmSession

from services.catalogue import topics
from services.catalogue.models import OF_NEITHER, City, Material, Programme, Session, Speaker
from services.catalogue.programme_file import ProgrammeFile, ProgrammeInFile, SessionInFile

PROGRAMME = ProgrammeInFile(exclude=("sessions",))
SESSIONS = SessionInFile(many=True)


def export(db: OrmSession) -> dict[str, Any]:
    """Return the catalogue as a programme file: no draft and no cancelled session, for what a file names is on."""
    parts: dict[str, Any] = {"topics": topics.known(db), "speakers": db.scalars(select(Speaker).order_by(Speaker.id))}
    if city := db.scalars(select(City)).one_or_none():
        parts |= {"city": city, "sectors": city.sectors, "ways_to_get_involved": city.ways_to_get_involved}
    if of_neither := db.scalars(select(Material).where(OF_NEITHER).order_by(Material.number)).all():
        parts["materials"] = of_neither
    programmes = db.scalars(select(Programme).order_by(Programme.id)).all()
    return {**ProgrammeFile().dump(parts), "programmes": [_with_sessions(db, programme) for programme in programmes]}


def _with_sessions(db: OrmSession, programme: Programme) -> dict[str, Any]:
    published = select(Session).where(Session.programme_id == programme.id, Session.status == "published")
    return {**PROGRAMME.dump(programme), "sessions": SESSIONS.dump(db.scalars(published.order_by(Session.id)))}
