"""Programmes, for those who wait for one: that there is one, and how many people want to hear of it, by sector."""

from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session as OrmSession

from services.bus.envelope import Envelope
from services.registration.models import Interest, Person, Programme, Session


def keep(db: OrmSession, event: Envelope) -> None:
    """Take over that there is a programme of this name."""
    programme = Programme.locked(db, event.data["slug"])
    if programme.is_behind(event.version):
        programme.version = event.version


def interested(db: OrmSession) -> dict[str, Any]:
    """Return `{items: [{programme, people, sectors: {code: people}}]}`, the most wanted programme first.

    Counted are those who asked for the programme, or for more like one of its sessions, each once. Who has not said
    their sector is counted in `people` alone. A programme that nobody asked for is left out.
    """
    programme = func.coalesce(Interest.programme, Session.programme)
    asked = (
        select(programme.label("programme"), Interest.person_id.label("person"))
        .outerjoin(Session, Session.slug == Interest.session)
        .where(programme.is_not(None))
        .distinct()
        .subquery()
    )
    people = select(asked.c.programme, Person.sector, func.count()).join(Person, Person.id == asked.c.person)
    counted: dict[str, dict[str | None, int]] = {}
    for slug, sector, number in db.execute(people.group_by(asked.c.programme, Person.sector)):
        counted.setdefault(slug, {})[sector] = number
    items = [_counted(slug, by_sector) for slug, by_sector in counted.items()]
    return {"items": sorted(items, key=lambda item: (-item["people"], item["programme"]))}


def _counted(slug: str, by_sector: dict[str | None, int]) -> dict[str, Any]:
    sectors = {code: number for code, number in sorted(by_sector.items(), key=lambda row: row[0] or "") if code}
    return {"programme": slug, "people": sum(by_sector.values()), "sectors": sectors}
