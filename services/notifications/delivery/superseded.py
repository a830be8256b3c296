"""Whether a message that was queued is still worth sending."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session as OrmSession

from services.notifications.causes.evaluations import is_to_be_asked
from services.notifications.causes.follow_ups import has_pledge, is_missed
from services.notifications.causes.interests import is_on_offer
from services.notifications.causes.reminders import is_out_of_date
from services.notifications.message_types import MESSAGE_TYPES
from services.notifications.models import Booking, Message, Session

STILL_TRUE: Final = {
    "pledge_reminder": has_pledge,
    "missed": is_missed,
    "interest_matched": is_on_offer,
    "evaluation_asked": is_to_be_asked,
}
FRESH: Final = timedelta(minutes=1)  # this young, it is sent even if the next one about its booking is already there


def superseded(db: OrmSession, message: Message, now: datetime, *, newer_sent: bool = False) -> str | None:
    """Return why the message need not be sent any more, or None.

    What asks for an answer, or reminds, must be true when it is sent. The rest is dropped only once it is a while old,
    or a newer one about the same booking was sent: who books and cancels within a minute gets both, in this order.
    """
    if message.expires_at and message.expires_at <= now:
        return "expired"
    if message.template in STILL_TRUE:
        return None if STILL_TRUE[message.template](db, message) else "overtaken"
    if message.booking is None or MESSAGE_TYPES[message.template].stays_true:
        return None
    if message.template.startswith("reminder_"):
        booking, session = db.get(Booking, message.booking), db.get(Session, message.session)
        return "overtaken" if is_out_of_date(booking, session, (message.facts or {})["starts_at"]) else None
    if newer_sent:
        return "overtaken"
    if message.template == "place_offered" or message.created_at <= now - FRESH:
        booking = db.get(Booking, message.booking)
        if booking is not None and booking.version != message.booking_version:
            return "overtaken"
    return None
