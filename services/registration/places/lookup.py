"""Reading bookings: one of them, those of a person, and those of a session."""

from datetime import datetime
from typing import Any

from sqlalchemy import and_, select
from sqlalchemy.orm import Session as OrmSession

from services.registration.models import LIVE, Booking, Person, Session
from services.registration.places import invited
from services.registration.places.bookings import BookingOfPerson, BookingRow, seen, visible
from services.registration.schemas import STATES_TO_FIND
from services.runtime.paging import page_of
from services.runtime.refusals import Invalid, NotFound


def one(db: OrmSession, person: Person, reference: str, now: datetime, own: bool = False) -> BookingRow:
    """Return the view of a booking as its owner sees it. Raises NotFound."""
    booking = visible(db, person, reference, own)
    return seen(db, booking, db.get_one(Session, booking.session_slug), now)


def own_of_session(db: OrmSession, person: Person, slug: str, now: datetime) -> dict[str, Any]:
    """Return the view of the caller's live booking for a session as `booking`, and whether the session `asks` anything.

    The booking is None where there is none.
    """
    live = (Booking.person_id == person.id, Booking.session_slug == Session.slug, Booking.state.in_(LIVE))
    rows = select(Session, Booking).outerjoin(Booking, and_(*live)).where(Session.slug == slug)
    row = db.execute(rows).one_or_none()
    booking = seen(db, row.Booking, row.Session, now) if row and row.Booking else None
    return {"booking": booking, "asks": bool(row and row.Session.answers_until)}


def one_of_person(db: OrmSession, caller: Person, reference: str, now: datetime) -> BookingOfPerson:
    """Return the view that the team has of a booking, with whose it is. Raises NotFound."""
    booking = visible(db, caller, reference)
    person = db.get_one(Person, booking.person_id)
    return {**one(db, caller, reference, now), "over_capacity": booking.extra, "person": person}


def page(
    db: OrmSession, person: Person, now: datetime, cursor: str | None, limit: int, state: str | None = None
) -> dict[str, Any]:
    """Return a page of the caller's own bookings, the latest first, as `{items, next}`. Raises Invalid."""
    query = select(Booking, Session).join(Session).where(Booking.person_id == person.id)
    if state is not None:
        query = query.where(Booking.in_state(checked_state(state)))
    rows, after = page_of(db, query, Booking.id, cursor, limit, latest_first=True)
    items = [seen(db, booking, session, now) for booking, session, _ in rows]
    return {"items": items, "next": after}


def page_of_session(
    db: OrmSession, slug: str, now: datetime, cursor: str | None, limit: int, state: str | None = None
) -> dict[str, Any]:
    """Return a page of a session's bookings with their people, the earliest first. Raises NotFound, Invalid."""
    session = db.get(Session, slug)
    if session is None:
        raise NotFound("There is no such session.")
    query = select(Booking, Person).join(Person).where(Booking.session_slug == slug)
    if state is not None:
        query = query.where(Booking.in_state(checked_state(state)))
    rows, after = page_of(db, query, Booking.id, cursor, limit)
    items = [
        {**seen(db, booking, session, now), "over_capacity": booking.extra, "person": person}
        for booking, person, _ in rows
    ]
    return {"items": items, "first_refusal": invited.lasting(db, session, now), "next": after}


def checked_state(state: str) -> str:
    """Return `state` if lists of bookings can be asked for it. Raises Invalid."""
    if state not in STATES_TO_FIND:
        raise Invalid.field("state", "not-a-choice", choices=[*STATES_TO_FIND])
    return state
