"""Clashes: two confirmed bookings of one person whose meetings overlap, the way between them included."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session as OrmSession

from services.registration.errors import Clash
from services.registration.models import Booking, Session, Span

LONGEST_WAY = timedelta(hours=24)  # the most that `travel_minutes` can be


def overlap(one: Sequence[Span], other: Sequence[Span], way: timedelta = timedelta(0)) -> bool:
    """Tell whether any meeting of the one begins less than `way` after the end of one of the other, and ends after it.

    A meeting that begins as another ends does not overlap it.
    """
    return any(start < until + way and begin < end + way for start, end in one for begin, until in other)


class Appointment(NamedTuple):
    """A booking that someone is confirmed for, by its id and its reference; `booking` is None before it has an id."""

    booking: int | None
    reference: str
    session: Session


def check_clash(db: OrmSession, person_id: str, session: Session, but: int | None = None) -> None:
    """Raise Clash, with the reference of the booking, where the person is confirmed for what overlaps the session.

    `but` is the id of a booking that does not count, because it is about to move.
    """
    refuse(clashing(db, person_id, session, but))


def refuse(clash: Appointment | None) -> None:
    """Raise Clash where there is one."""
    if clash is not None:
        other = clash.session
        told = f"This overlaps {other.title}, which you have booked."
        raise Clash(told, reference=clash.reference, session=other.slug)


def clashes(db: OrmSession, person_id: str, session: Session) -> bool:
    """Tell whether the person is confirmed for what overlaps the session."""
    return clashing(db, person_id, session) is not None


def is_free(db: OrmSession, booking: Booking, session: Session) -> bool:
    """Tell whether whose booking it is can come to the session, as far as we know."""
    return clashing(db, booking.person_id, session, booking.id) is None


def clashing(db: OrmSession, person_id: str, session: Session, but: int | None = None) -> Appointment | None:
    """Return the first of what the person is confirmed for that overlaps this session."""
    near = (
        select(Booking.id, Booking.reference, Session)
        .join(Session)
        .where(
            Booking.person_id == person_id,
            Booking.state == "confirmed",
            Session.status == "published",
            Session.starts_at < session.ends_at + LONGEST_WAY,
            Session.ends_at > session.starts_at - LONGEST_WAY,
        )
        .order_by(Session.starts_at)
    )
    return first_clash(session, (Appointment(*row) for row in db.execute(near)), but)


def first_clash(session: Session, there: Iterable[Appointment], but: int | None = None) -> Appointment | None:
    """Return the first of what someone is confirmed for that overlaps this session."""
    for one in there:
        other = one.session
        way = timedelta(minutes=max(session.travel_minutes, other.travel_minutes))
        counts = other.slug != session.slug and (but is None or one.booking != but)
        if counts and overlap(session.spans, other.spans, way):
            return one
    return None
