"""The places of the people of an organisation, as far as they let its coordinators see them."""

from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session as OrmSession

from services.registration.accounts import sharing
from services.registration.attendance.hours import hours_of, spans_of
from services.registration.attendance.records import attended
from services.registration.models import LIVE, THERE, Booking, Coordinator, Person, Session
from services.runtime.paging import page_of


def page(db: OrmSession, id: str, cursor: str | None, limit: int) -> dict[str, Any]:
    """Return a page of the places that the coordinator of that id sees, in the order of booking. Raises Invalid.

    They are of sessions that were not over when the person agreed. Who cancelled has no place, and is not shown.
    """
    key = db.scalars(select(Coordinator.organisation_key).where(Coordinator.id == id)).one()
    has_place = or_(Booking.state.in_(LIVE), Booking.attendance.in_(THERE))
    query = select(Booking, Session, Person).select_from(Booking).join(Session).join(Person)
    query = query.where(sharing.agreed(key), Session.ends_at > Person.shares_since, has_place)
    rows, after = page_of(db, query, Booking.id, cursor, limit)
    there = attended(db, [booking.id for booking, *_ in rows])
    return {"items": [_view(booking, session, person, there[booking.id]) for booking, session, person, _ in rows],
            "next": after}  # fmt: skip


def _view(booking: Booking, session: Session, person: Person, there: set[int]) -> dict[str, Any]:
    return {
        **{"name": person.name, "session": session.slug, "title": session.title},
        **{"starts_at": session.starts_at, "ends_at": session.ends_at},
        **{"mode": booking.mode, "state": booking.shown_state, "hours": hours_of(session.spans)},
        "participatory_hours": None if booking.attendance is None else hours_of(spans_of(session, there)),
    }
