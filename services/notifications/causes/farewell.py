"""The last emails to someone whose account is erased: their calendar first, then word that the account is gone.

They are rows like all messages, but of no person: each has the address until it has left us or was given up, and is
then blank. So the address is gone from everywhere else at once, and a crash in between loses no email.
"""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session as OrmSession

from services.bus.envelope import Envelope
from services.notifications import messages
from services.notifications.calendar import invites
from services.notifications.causes.meeting_emails import TEMPLATES, facts_of
from services.notifications.models import Booking, Facts, Invite, Person

TEMPLATE = "account_erased"


def drafts(db: OrmSession, event: Envelope, person: Person, now: datetime) -> list[messages.Draft]:
    """Return what is still to be said to someone who is being erased, in its order; nothing, if they were told before.

    To be called while their bookings, and what they facilitate, are still there.
    """
    if person.email is None or event.data["told_before"]:
        return []
    theirs = select(Booking).where(Booking.person == person.id).order_by(Booking.reference)
    issued: list[Facts] = []
    for booking in db.scalars(theirs.with_for_update()).all():
        issued += invites.call_off(db, db.get(Invite, booking.reference, with_for_update=True), now)
    for facilitated in db.scalars(invites.of_facilitators(person.id)):
        issued += invites.call_off(db, facilitated, now)
    db.flush()  # before the invites go with what they are of
    told = [(TEMPLATES["CANCEL"], facts_of(invite)) for invite in issued]
    told.append((TEMPLATE, {"unused": event.data["unused"], "calendar": bool(issued)}))
    return [_draft(event, str(person.email), *what, part) for part, what in enumerate(told)]


def _draft(event: Envelope, address: str, template: str, facts: Facts, part: int) -> messages.Draft:
    """They go at once, in quiet hours as well, and are all to one recipient, so that they stay in order."""
    return messages.Draft(template, event.id, address, {**facts, "name": None}, part=part, at_once=True)
