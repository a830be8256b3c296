"""What people are told of their bookings: one message an event, with a calendar invite where it is due."""

from datetime import datetime

from sqlalchemy.orm import Session as OrmSession

from services.bus.envelope import Envelope
from services.notifications import invites, messages
from services.notifications.models import Booking, Facts, Person, Session

TEMPLATES = {
    "registration.booking_confirmed.v1": "booking_confirmed",
    "registration.booking_waitlisted.v1": "booking_waiting",
    "registration.place_offered.v1": "place_offered",
    "registration.offer_expired.v1": "offer_expired",
    "registration.booking_cancelled.v1": "booking_cancelled",
}


def tell(db: OrmSession, event: Envelope, public_url: str, now: datetime) -> None:
    """Queue the message that a booking event calls for; a stale event, or one about somebody erased, calls for none.

    Raises NotYetKnown where the person or the session has not been told of yet.
    """
    person = Person.known(db, event.data["person"])
    if person.email is None:
        return
    session = Session.known(db, event.data["session"])
    booking = Booking.locked(db, event.data["reference"])
    if not booking.is_behind(event.version):
        return
    earlier = invites.of(db, booking)
    _keep(booking, event)
    template = TEMPLATES[event.type]
    if template == "booking_confirmed":
        invite: Facts | None = invites.ask(db, booking, earlier, session.details(booking.mode), public_url, now)
    else:
        invite = invites.call_off(earlier, now)
    if event.data["cause"] != "erased":
        facts = {**_facts(event, session), "name": person.name, "invite": invite}
        messages.queue(db, event, [_draft(template, person.email, booking, facts)], now)


def _keep(booking: Booking, event: Envelope) -> None:
    told = event.data
    booking.version, booking.person, booking.session = event.version, told["person"], told["session"]
    booking.mode, booking.state = told["mode"], told["state"]


def _facts(event: Envelope, session: Session) -> Facts:
    told = event.data
    named = ("reference", "state", "position", "offer_expires_at", "cause", "by", "was_confirmed")
    reason = told["reason"] or (session.cancel_reason if told["cause"] == "session_cancelled" else None)
    return {**session.details(told["mode"]), **{name: told[name] for name in named}, "reason": reason}


def _draft(template: str, address: str, booking: Booking, facts: Facts) -> messages.Draft:
    return messages.Draft(
        template=template,
        recipient=booking.person,
        address=address,
        facts=facts,
        urgency=messages.SOON,
        person=booking.person,
        booking=booking.reference,
        booking_version=booking.version,
        expires_at=facts["offer_expires_at"] if template == "place_offered" else None,
    )
