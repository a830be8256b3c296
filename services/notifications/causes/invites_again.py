"""Sending someone's calendar to their new address: an invite of each meeting to come that they have a place in.

Nothing is called off at the old address: see docs/decisions/0034. What is asked for again is what they were told last,
under a higher sequence; what has changed since then is told by whatever tells of changes.
"""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session as OrmSession

from services.bus.envelope import Envelope
from services.notifications import messages
from services.notifications.calendar import invites
from services.notifications.causes.meeting_emails import TEMPLATES, facts_of
from services.notifications.models import Booking, Facts, Invite, Person, Session


def tell(db: OrmSession, event: Envelope, person: Person, now: datetime) -> None:
    """Queue one email of all that is to come, with the first invite, and a short one for each of the others."""
    told = [(booking, session, _issued(db, booking, now)) for booking, session in _to_come(db, person, now)]
    issued = [(booking, session, invite) for booking, session, issued in told for invite in issued]
    if not issued:
        return
    sessions = [session.details("online") for _, session, found in told if found]
    shown = [{"title": session["title"], "meetings": session["meetings"]} for session in sessions]
    first: Facts = {"name": person.name, "sessions": shown, "invite": issued[0][2], "further": len(issued) - 1}
    drafts = [messages.Draft.to_person(person, "invites_again", first)]
    for part, (booking, session, invite) in enumerate(issued[1:], start=1):
        drafts.append(
            messages.Draft.to_person(
                person,
                TEMPLATES[invite["method"]],
                {**facts_of(invite), "name": person.name},
                booking=booking.reference,
                booking_version=booking.version,
                session=session.slug,
                part=part,
            )
        )
    messages.queue(db, event, drafts, now)


def _to_come(db: OrmSession, person: Person, now: datetime) -> list[tuple[Booking, Session]]:
    held = select(Booking, Session).join(Session, Session.slug == Booking.session)
    held = held.join(Invite, Invite.reference == Booking.reference).where(Invite.method == "REQUEST")
    rows = db.execute(held.where(Booking.person == person.id, Booking.state == "confirmed")).all()
    to_come = [
        (booking, session) for booking, session in rows if session.status == "published" and not session.is_over(now)
    ]
    return sorted(to_come, key=lambda pair: pair[1].begins_at or now)


def _issued(db: OrmSession, booking: Booking, now: datetime) -> list[Facts]:
    invite = invites.of(db, booking)
    return invites.ask(db, booking, invite, invite.told, invite.host, now) if invite else []
