"""Telling those who had a place in a session that there is something of it to watch or to read."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session as OrmSession

from services.bus.envelope import Envelope
from services.notifications import messages
from services.notifications.causes import scheduled_notices
from services.notifications.models import Booking, Material, Person, ScheduledNotice, Session
from services.notifications.sessions import people_of


def keep(db: OrmSession, event: Envelope, now: datetime) -> None:
    """Take over what is published, or no longer; its session's people are told once, soon, of all that is new."""
    material = Material.locked(db, event.data["id"])
    if not material.is_behind(event.version):
        return
    is_new = material.version == 0
    material.version, material.published = event.version, event.type == "catalogue.material_published.v1"
    if is_new:
        material.told = False
    for name in ("session", "kind", "title", "url", "minutes", "audience"):
        setattr(material, name, event.data[name])
    session = db.get(Session, material.session) if material.session else None
    if session is not None and material.published and not material.told:
        scheduled_notices.hold(db, session.slug, "materials", now + scheduled_notices.TOGETHER)


def drafts(db: OrmSession, notice: ScheduledNotice, session: Session, now: datetime) -> list[messages.Draft]:
    """Return word of what was published since the last time, to each who may see it."""
    new = select(Material).where(Material.session == session.slug, Material.published, ~Material.told)
    materials = list(db.scalars(new.order_by(Material.id).with_for_update()))
    for material in materials:
        material.told = True
    drafts = []
    for booking, person in db.execute(people_of(session.slug)):
        theirs = [material for material in materials if _is_for(material, booking)]
        if theirs:
            drafts.append(_draft(theirs, booking, person, session))
    return drafts


def _is_for(material: Material, booking: Booking) -> bool:
    """What is for the community is not told of here: a place in a session makes nobody a member."""
    of_their_own = material.audience in ("attendees", "booked") and booking.attendance != "absent"
    return material.audience == "everyone" or of_their_own


def _draft(materials: list[Material], booking: Booking, person: Person, session: Session) -> messages.Draft:
    facts = {
        "name": person.name,
        "title": session.title,
        "session": session.slug,
        "materials": [
            {"title": material.title, "kind": material.kind, "url": material.url, "minutes": material.minutes}
            for material in materials
        ],
    }
    return messages.Draft.to_person(person, "materials_published", facts, session=session.slug)
