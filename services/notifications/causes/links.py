"""Links to join that people were sent, and what still waits to be sent and would say what is no more."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import or_, select
from sqlalchemy.orm import Session as OrmSession

from services.notifications.causes.scheduled_notices import BEFORE_MEETINGS
from services.notifications.messages import SENT
from services.notifications.models import Booking, Facts, Message, Session

SHOWN: Final = timedelta(minutes=30)  # before the start; from then on, the booking page has the link


def put_right(db: OrmSession, session: Session, now: datetime) -> None:
    """Have reminders that still wait say where the session is now, and emails with its link the link of now.

    One that is on its way is left as it is: its reader is told of the change.
    """
    waiting = select(Message).where(
        Message.session == session.slug,
        Message.template.in_((*BEFORE_MEETINGS, "session_changed")),
        Message.state == "queued",
        or_(Message.leased_until.is_(None), Message.leased_until <= now),
    )
    for message in db.scalars(waiting.with_for_update(skip_locked=True)):
        facts = message.facts or {}
        said = session.details(facts["mode"]) if message.template in BEFORE_MEETINGS else {}
        link = {"join_url": session.join_url} if message.template == "reminder_hour" or _tells_link(facts) else {}
        message.facts = {**facts, **said, **link}
    db.flush()


def sent(db: OrmSession, session: Session) -> dict[str, str | None]:
    """Return the link that each person has from us by their id; None where we said that theirs works no more."""
    with_link = (Message.session == session.slug, Message.template.in_(("reminder_hour", "session_changed")))
    there = select(Message.recipient, Message.facts).where(*with_link, Message.state.in_((*SENT, "queued")))
    rows = db.execute(there.order_by(Message.created_at, Message.id))
    return {recipient: facts["join_url"] for recipient, facts in rows if facts and _tells_link(facts)}


def has_changed_for(session: Session, booking: Booking, links: dict[str, str | None]) -> bool:
    """Tell whether someone who takes part online was sent another link, or could see another one on their page."""
    if booking.mode != "online":
        return False
    if booking.person in links:
        return links[booking.person] != session.join_url
    changed_at, begins_at = session.link_changed_at, session.begins_at
    if changed_at is None or begins_at is None or changed_at < begins_at - SHOWN:
        return False
    return booking.confirmed_at is None or booking.confirmed_at <= changed_at


def _tells_link(facts: Facts) -> bool:
    return bool(facts.get("link_changed") or facts.get("join_url"))
