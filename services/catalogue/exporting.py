"""Export: what is public, in the shape of a programme file, so that importing it changes nothing."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session as OrmSession

from services.catalogue import topics
from services.catalogue.models import OF_NEITHER, City, Material, Programme, Session, Speaker
from services.catalogue.programme_file import ProgrammeFile, ProgrammeInFile, SessionInFile

PROGRAMME = ProgrammeInFile(exclude=("sessions",))
SESSION = SessionInFile(exclude=("cancel_reason",))
CANCELLED = SessionInFile()


def export(db: OrmSession, *, cancelled: bool = False) -> dict[str, Any]:
    """Return the catalogue as a programme file: no draft and no cancelled session, for what a file names is on.

    With `cancelled` those are in it too, each with its reason: people's bookings are of them.
    """
    parts: dict[str, Any] = {"topics": topics.known(db), "speakers": db.scalars(select(Speaker).order_by(Speaker.id))}
    if city := db.scalars(select(City)).one_or_none():
        parts |= {"city": city, "sectors": city.sectors, "ways_to_get_involved": city.ways_to_get_involved}
    if of_neither := db.scalars(select(Material).where(OF_NEITHER).order_by(Material.number)).all():
        parts["materials"] = of_neither
    programmes = db.scalars(select(Programme).order_by(Programme.id)).all()
    return {**ProgrammeFile().dump(parts), "programmes": [_with_sessions(db, one, cancelled) for one in programmes]}


def versions_of(db: OrmSession) -> dict[str, int]:
    """Return at which version each session is that is or was published, by its slug."""
    told = select(Session.slug, Session.version).where(Session.status.in_(("published", "cancelled")))
    return dict(db.execute(told).all())


def _with_sessions(db: OrmSession, programme: Programme, cancelled: bool) -> dict[str, Any]:
    states = ("published", "cancelled") if cancelled else ("published",)
    there = select(Session).where(Session.programme_id == programme.id, Session.status.in_(states))
    sessions = db.scalars(there.order_by(Session.id))
    dumped = [(CANCELLED if one.status == "cancelled" else SESSION).dump(one) for one in sessions]
    return {**PROGRAMME.dump(programme), "sessions": dumped}
