"""Sending someone's calendar to their new address: an invite of each meeting to come that they are to be at.

Nothing is called off at the old address: see docs/decisions/0034. What is asked for again is what they were told last,
under a higher sequence; what has changed since then is told by whatever tells of changes.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session as OrmSession

from services.bus.envelope import Envelope
from services.notifications import messages
from services.notifications.calendar import invites
from services.notifications.causes.meeting_emails import TEMPLATES, facts_of
from services.notifications.models import Booking, Facilitator, FacilitatorInvite, Facts, Invite, Person, Session


@dataclass(frozen=True)
class Entry:
    """A session to come, what is issued of it, and what its emails are about."""

    session: Session
    issued: list[Facts]
    about: dict[str, Any]


def tell(db: OrmSession, event: Envelope, person: Person, now: datetime) -> None:
    """Queue one email of all that is to come, with the first invite, and a short one for each of the others."""
    found = sorted(_to_come(db, person, now), key=lambda entry: entry.session.begins_at or now)
    issued = [(entry, invite) for entry in found for invite in entry.issued]
    if not issued:
        return
    shown = [{"title": entry.session.title, "meetings": entry.session.meetings} for entry in found if entry.issued]
    first: Facts = {"name": person.name, "sessions": shown, "invite": issued[0][1], "further": len(issued) - 1}
    drafts = [messages.Draft.to_person(person, "invites_again", first)]
    for part, (entry, invite) in enumerate(issued[1:], start=1):
        facts = {**facts_of(invite), "name": person.name}
        drafts.append(messages.Draft.to_person(person, TEMPLATES[invite["method"]], facts, part=part, **entry.about))
    messages.queue(db, event, drafts, now)


def _to_come(db: OrmSession, person: Person, now: datetime) -> Iterator[Entry]:
    held = select(Booking, Session, Invite).join(Session, Session.slug == Booking.session)
    held = held.join(Invite, Invite.reference == Booking.reference).where(Invite.method == "REQUEST")
    held = held.where(Booking.person == person.id, Booking.state == "confirmed").with_for_update(of=Invite)
    for booking, session, invite in db.execute(held).all():
        if _is_to_come(session, now):
            about = {"booking": booking.reference, "booking_version": booking.version, "session": session.slug}
            yield Entry(session, invites.ask(db, invite, invite.told, now), about)
    named = select(Session, FacilitatorInvite).join(Facilitator, Facilitator.session == Session.slug)
    named = named.join(FacilitatorInvite, FacilitatorInvite.reference == Facilitator.id)
    named = named.where(Facilitator.person == person.id, FacilitatorInvite.method == "REQUEST")
    for session, facilitated in db.execute(named.with_for_update(of=FacilitatorInvite)).all():
        if _is_to_come(session, now):
            yield Entry(session, invites.ask(db, facilitated, facilitated.told, now), {"session": session.slug})


def _is_to_come(session: Session, now: datetime) -> bool:
    return session.status == "published" and not session.is_over(now)
