"""Positions on the waiting list of a session: who stands before whom, for a place of which mode."""

from typing import TypedDict

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session as OrmSession

from services.registration.models import Booking, Session


class WaitingFor(TypedDict):
    """The mode that a person with a place of the other, or the offer of one, is waiting for; their position, from 1."""

    mode: str
    position: int


def position_of(db: OrmSession, booking: Booking) -> int | None:
    """Return the booking's position on the waiting list, counted from 1; None if it is not on one."""
    if booking.waiting_number is None or db.get_one(Session, booking.session_slug).by_application:
        return None
    return _before(db, booking.session_slug, booking.mode, booking.waiting_number) + 1


def joined(session: Session, booking: Booking) -> tuple[str, int | None]:
    """Return why a new booking waits, and at which position: who applies has none."""
    return ("applied", None) if session.by_application else ("joined", session.list_length(booking.mode))


def waiting_for(db: OrmSession, booking: Booking, session: Session) -> WaitingFor | None:
    """Return which other mode the booking waits for as well, if places of that mode may come free."""
    mode, number = booking.waits_for, booking.changing_number
    if mode is None or number is None or not session.has(mode):
        return None
    return {"mode": mode, "position": _before(db, session.slug, mode, number) + 1}


def waits_for(mode: str) -> ColumnElement[bool]:
    """Return the condition for those without a place who would take one of this mode."""
    return and_(Booking.state == "waiting", or_(Booking.mode == mode, Booking.either))


def would_change_to(mode: str) -> ColumnElement[bool]:
    """Return the condition for those who have a place of the other mode, or the offer of one, and wait for this."""
    return Booking.waits_for == mode


def is_ahead_of(booking: Booking) -> ColumnElement[bool]:
    """Return the condition for those who stand before the booking, which waits."""
    assert booking.waiting_number is not None  # it waits
    ahead = or_(*_ahead(booking.mode, booking.waiting_number))
    return and_(Booking.session_slug == booking.session_slug, ahead)


def _ahead(mode: str, number: int) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """Return the conditions for those with a lower number: those without a place, and those with another."""
    return (
        and_(waits_for(mode), Booking.waiting_number < number),
        and_(would_change_to(mode), Booking.changing_number < number),
    )


def _before(db: OrmSession, slug: str, mode: str, number: int) -> int:
    there = select(func.count()).where(Booking.session_slug == slug)
    waiting, changing = (there.where(ahead) for ahead in _ahead(mode, number))
    return int(db.scalar(select(waiting.scalar_subquery() + changing.scalar_subquery())) or 0)
