"""Reminders of a meeting: one week, one day and one hour before, the last with the link to join."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import or_
from sqlalchemy.orm import Session as OrmSession

from services.notifications import messages
from services.notifications.causes import scheduled_notices
from services.notifications.models import Booking, Person, ScheduledNotice, Session
from services.notifications.sessions import people_of

# Who has had a place for less than this has just read all that the reminder says.
KNOWN_BEFORE: Final = {"reminder_week": timedelta(days=2), "reminder_day": timedelta(hours=3)}
UNTIL: Final = {
    "reminder_week": timedelta(days=2),
    "reminder_day": timedelta(hours=2),
    "reminder_hour": timedelta(0),
}  # before the meeting, after which it would say something wrong


def drafts(db: OrmSession, notice: ScheduledNotice, session: Session, now: datetime) -> list[messages.Draft]:
    """Return what those who have a place are told; an hour before, only those who join online."""
    confirmed = people_of(session.slug)
    if notice.what == "reminder_hour":
        confirmed = confirmed.where(Booking.mode == "online")
    else:
        long_ago = now - KNOWN_BEFORE[notice.what]
        confirmed = confirmed.where(or_(Booking.confirmed_at.is_(None), Booking.confirmed_at <= long_ago))
    told = scheduled_notices.already_told(db, notice, session, now)
    rows = db.execute(confirmed)
    return [_draft(notice, session, booking, person) for booking, person in rows if person.id not in told]


def is_out_of_date(booking: Booking | None, session: Session | None, starts_at: str) -> bool:
    """Tell whether a reminder of the meeting at `starts_at` would be wrong by now."""
    if booking is None or session is None or booking.state != "confirmed" or session.status != "published":
        return True
    return all(datetime.fromisoformat(starts_at) != begins_at for begins_at, _ in session.spans)


def _draft(notice: ScheduledNotice, session: Session, booking: Booking, person: Person) -> messages.Draft:
    facts = {
        **session.details(booking.mode),
        "name": person.name,
        "reference": booking.reference,
        "starts_at": notice.begins_at,
        "join_url": session.join_url if notice.what == "reminder_hour" else None,
    }
    return messages.Draft.to_person(
        person,
        notice.what,
        facts,
        booking=booking.reference,
        booking_version=booking.version,
        session=session.slug,
        part=notice.meeting,
        expires_at=notice.begins_at - UNTIL[notice.what],
        matters_at=notice.begins_at,
    )
