"""Letting go of a session that nobody has booked, so that the catalogue can make it a draft again.

Bookings are known here, and drafts there. So the gateway asks here first: under the session's lock it is seen that
nobody has or had a booking, and from then on nobody can book. The catalogue then makes it a draft, and its event tells
of that here. Should the catalogue not answer, the session can be booked again after a while. An event that comes later
than that cancels what was booked meanwhile, so that nobody is left with a place in a draft.
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session as OrmSession

from services.registration.errors import HasBookings, HasFacilitators, SessionCancelled
from services.registration.models import LIVE, Booking, Change, Facilitator, Session
from services.runtime.refusals import NotFound

AWHILE = timedelta(minutes=10)  # far longer than a call, and than an event takes unless the broker is out


def check_unbooked(db: OrmSession, slug: str) -> None:
    """Raise HasBookings where someone has a booking of the session, or has applied: how they got it stays as it was."""
    theirs = exists().where(Booking.session_slug == slug, Booking.state.in_(LIVE))
    if db.scalar(select(theirs)):
        raise HasBookings


def withdraw(db: OrmSession, slug: str, now: datetime) -> dict[str, Any]:
    """Have nobody book the session for a while; return `{withdrawn}`, which is False where it is no session to book.

    It is none before it was heard here that it is published. Asked again, nobody can book for longer. Raises
    SessionCancelled, HasBookings, HasFacilitators.
    """
    try:
        session = Session.locked(db, slug)
    except NotFound:
        return {"withdrawn": False}
    if session.status == "draft":
        return {"withdrawn": False}
    if session.status == "cancelled":
        raise SessionCancelled
    was_booked = or_(exists().where(Booking.session_slug == slug), exists().where(Change.session_slug == slug))
    if db.scalar(select(was_booked)):
        raise HasBookings
    if db.scalar(select(exists().where(Facilitator.session == slug))):
        raise HasFacilitators
    session.withdrawn_until = now + AWHILE
    db.flush()
    return {"withdrawn": True}
