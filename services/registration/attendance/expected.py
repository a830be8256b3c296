"""Who is expected at a session, for those who run it: nobody's address, and nothing that anybody needs."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session as OrmSession

from services.registration.models import Booking, Person, Session
from services.runtime.paging import page_of
from services.runtime.refusals import NotFound


def page(db: OrmSession, slug: str, cursor: str | None, limit: int) -> dict[str, Any]:
    """Return a page of those who have a place, in the order in which they booked. Raises NotFound, Invalid."""
    if db.get(Session, slug) is None:
        raise NotFound("There is no such session.")
    query = select(Booking.reference, Booking.mode, Person.name, Person.sector, Person.organisation, Person.job_role)
    query = query.join(Person, Person.id == Booking.person_id)
    query = query.where(Booking.session_slug == slug, Booking.state == "confirmed")
    rows, after = page_of(db, query, Booking.id, cursor, limit)
    names = ("name", "sector", "organisation", "job_role")
    items = [
        {"reference": row.reference, "mode": row.mode, "person": {name: getattr(row, name) for name in names}}
        for row in rows
    ]
    return {"items": items, "next": after}
