"""The copies of sessions, kept by the catalogue's events."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Select, select
from sqlalchemy.orm import Session as OrmSession

from services.bus.envelope import Envelope, as_json
from services.notifications.calendar.meeting_numbers import numbered
from services.notifications.models import Booking, Facts, Person, Session


def keep(db: OrmSession, event: Envelope) -> Session | None:
    """Take over what a session is now. Returns it, or None where the event is stale."""
    session = Session.locked(db, event.data["slug"])
    if not session.is_behind(event.version):
        return None
    told = as_json(event.data)
    if session.join_url is not None and session.join_url != told["join_url"]:
        session.link_changed_at = event.time
    session.version, session.title, session.status = event.version, told["title"], told["status"]
    session.cancel_reason, session.join_url = told["cancel_reason"], told["join_url"]
    session.numbered_meetings = numbered(told["meetings"], _numbered_before(session), event.time)
    session.meetings, session.venue = told["meetings"], told["venue"]
    session.programme, session.delivery, session.topics = told["programme"], told["delivery"], told["topics"]
    return session


def _numbered_before(session: Session) -> list[Facts]:
    if session.numbered_meetings is not None or not session.meetings:
        return session.numbered_meetings or []
    return [{"n": n, "method": "REQUEST", **times} for n, times in enumerate(session.meetings, start=1)]


def others_like(db: OrmSession, session: Session, now: datetime) -> list[Session]:
    """Return up to three sessions of the same programme that are still to come, the soonest first."""
    there = select(Session).where(Session.programme == session.programme, Session.status == "published")
    coming = [other for other in db.scalars(there.where(Session.slug != session.slug)) if not other.has_begun(now)]
    return sorted(coming, key=lambda other: str(other.meetings[0]["starts_at"]))[:3]


def people_of(slug: str, states: Sequence[str] = ("confirmed",)) -> Select[Booking, Person]:
    """Return the query of a session's bookings in these states with their persons, of those who can be told.

    Nobody is erased, and no address changes, while they are written to.
    """
    return (
        select(Booking, Person)
        .join(Person, Person.id == Booking.person)
        .where(Booking.session == slug, Booking.state.in_(states), Person.email.is_not(None))
        .order_by(Person.id, Booking.reference)
        .with_for_update(read=True, of=Person)
    )


def clash_of(db: OrmSession, booking: Booking, session: Session) -> Session | None:
    """Return another session that the owner of the booking has a place in, while this one is."""
    theirs = (
        select(Session)
        .join(Booking, Booking.session == Session.slug)
        .where(
            Booking.person == booking.person,
            Booking.state == "confirmed",
            Booking.reference != booking.reference,
            Session.status == "published",
        )
        .order_by(Session.slug)
    )
    return next((other for other in db.scalars(theirs) if other.overlaps(session)), None)
