"""What the team looks up across sessions: people with their bookings, and how many come from where."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session as OrmSession

from services.registration.accounts import people
from services.registration.models import Address, Booking, Person
from services.registration.places import lookup
from services.runtime import search
from services.runtime.mail_addresses import clean
from services.runtime.paging import cursor_after, key_of
from services.runtime.refusals import Invalid

MOST_WORDS: Final = 10
MOST_SESSIONS: Final = 500


def find_people(db: OrmSession, q: str, cursor: str | None, limit: int) -> dict[str, Any]:
    """Return a page of the people in whose names and addresses all words of `q` are, by address. Raises Invalid.

    Accents, strokes and capitals make no difference. Nobody who was erased is found, and people by each address.
    """
    query = select(Person).where(Person.email.is_not(None), Person.merged_into.is_(None))
    query = query.order_by(Person.email).limit(limit + 1)
    for word in (clean(q) if "@" in q else q).split()[:MOST_WORDS]:
        held = select(Address.person_id).where(Address.email.icontains(word, autoescape=True))
        named = search.has(word, Person.search_key, Person.name, Person.email)
        query = query.where(or_(named, Person.id.in_(held)))
    if cursor:
        [last] = key_of(cursor, str)
        query = query.where(Person.email > last)
    rows = db.scalars(query).all()
    return {"items": rows[:limit], "next": cursor_after(rows[limit - 1].email) if len(rows) > limit else None}


def bookings_of(db: OrmSession, id: str, now: datetime, cursor: str | None, limit: int) -> dict[str, Any]:
    """Return a person and a page of their bookings, the latest first. Raises NotFound, Invalid."""
    person = people.one(db, id)
    return {"person": people.seen(db, person), **lookup.page(db, person, now, cursor, limit)}


def sectors_of(db: OrmSession, slugs: Sequence[str]) -> dict[str, Any]:
    """Return how many people of each sector have a place in those sessions, the most first. Raises Invalid."""
    if len(slugs) > MOST_SESSIONS:
        raise Invalid.field("slugs", "too-many-sessions", max=MOST_SESSIONS)
    number = func.count()
    query = (
        select(Booking.session_slug, Booking.sector, number)
        .where(Booking.session_slug.in_(slugs), Booking.state == "confirmed")
        .group_by(Booking.session_slug, Booking.sector)
        .order_by(Booking.session_slug, number.desc(), Booking.sector)
    )
    rows = db.execute(query).all()
    return {"items": [{"session": slug, "sector": sector, "people": count} for slug, sector, count in rows]}
