"""What people are told of their bookings: one message an event, with a calendar invite where it is due."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from sqlalchemy.orm import Session as OrmSession

from services.bus.envelope import Envelope
from services.notifications import messages
from services.notifications.calendar import invites
from services.notifications.causes.meeting_emails import with_invites
from services.notifications.models import Booking, Facts, Invite, Person, Session
from services.notifications.sessions import others_like

TEMPLATES = {
    "registration.booking_confirmed.v1": "booking_confirmed",
    "registration.booking_waitlisted.v1": "booking_waiting",
    "registration.place_offered.v1": "place_offered",
    "registration.offer_expired.v1": "offer_expired",
    "registration.booking_cancelled.v1": "booking_cancelled",
    "registration.booking_moved.v1": "booking_moved",
}
UNTOLD = (
    *("imported", "import_undone"),  # of another programme, long ago
    "erased",  # they hear of it with all the rest, in their last emails
)
TEMPLATES_BY_CAUSE = {"applied": "application_received", "refused": "application_refused"}
WITH_OTHERS = ("session_cancelled", "refused")  # what else is on is told to whoever has no place by that
ASKED = ("booking_confirmed", "booking_moved")  # with an invite into the calendar


def read_ahead(db: OrmSession, events: Sequence[Envelope]) -> None:
    """Read what is known of these bookings, in the order in which each by itself is read and locked."""
    told = [event.data for event in events]
    Person.hold(db, {one["person"] for one in told})
    Session.hold(db, {slug for one in told for slug in (one["session"], one["moved_from"], one["instead_of"]) if slug})
    Booking.lock(db, references := sorted({one["reference"] for one in told}))
    invites.lock(db, references)


def tell(db: OrmSession, event: Envelope, public_url: str, now: datetime) -> messages.Said | None:
    """Return what a booking event calls for, to be queued; a stale one, or one about somebody erased, calls for none.

    Raises NotYetKnown where the person or the session has not been told of yet.
    """
    person = Person.known(db, event.data["person"])
    if person.email is None:
        return None
    session = Session.known(db, event.data["session"])
    booking = Booking.locked(db, event.data["reference"])
    if not booking.is_behind(event.version):
        return None
    earlier = invites.of(db, booking)
    was_offered = booking.mode if booking.state == "offered" else None
    _keep(booking, event, now)
    if event.data["cause"] in UNTOLD or not _is_worth_telling(event, session, earlier, now):
        return None
    offer_ended = was_offered if was_offered != booking.mode else None
    drafts = list(_drafts(db, event, person, session, booking, earlier, public_url, now, offer_ended))
    return messages.say(db, event, drafts, now)


def _is_worth_telling(event: Envelope, session: Session, earlier: Invite | None, now: datetime) -> bool:
    """Tell whether someone hears of it: who was let in, only if more is to come; who was not there, if they heard.

    Who accepts another place knows by the email about that one that they wait no longer.
    """
    cause = event.data["cause"]
    if cause == "accepted_other":
        return bool(event.data["by"] != "person")
    if cause == "came":
        return any(datetime.fromisoformat(meeting["starts_at"]) > now for meeting in session.meetings)
    return cause != "not_there" or earlier is not None


def _drafts(
    db: OrmSession,
    event: Envelope,
    person: Person,
    session: Session,
    booking: Booking,
    earlier: Invite | None,
    public_url: str,
    now: datetime,
    offer_ended: str | None,
) -> Iterator[messages.Draft]:
    """Yield what the person is told; in passing, the booking's invite becomes what it is now.

    `offer_ended` is the mode that they were offered and had not answered about, where they now have another.
    """
    template = TEMPLATES_BY_CAUSE.get(event.data["cause"], TEMPLATES[event.type])
    address = str(person.email)
    facts = {**_facts(event, session), "name": person.name, "offer_ended": offer_ended}
    if template in ASKED:
        details, moved = session.details(booking.mode), bool(event.data["moved_from"])
        invite = earlier or invites.begun(db, Invite, booking.reference, invites.host_of(public_url))
        issued = invites.ask(db, invite, details, now, moved=moved)
    else:
        issued = invites.call_off(db, earlier, now)
    if event.data["moved_from"]:
        facts["moved_from"] = Session.known(db, event.data["moved_from"]).title
    waited_for = event.data["instead_of"]
    facts["waited_for"] = Session.known(db, waited_for).title if waited_for else None
    others = others_like(db, session, now) if event.data["cause"] in WITH_OTHERS else []
    facts["others"] = [{**other.details(""), "slug": other.slug} for other in others]
    yield from with_invites(_draft(template, address, booking, session, facts), issued)


def _keep(booking: Booking, event: Envelope, now: datetime) -> None:
    told = event.data
    booking.version, booking.person = event.version, told["person"]
    if told["state"] != "confirmed" or told["session"] != booking.session:
        booking.confirmed_at = None
    if told["session"] != booking.session:
        booking.attendance, booking.certificate_told = None, False
        booking.feedback_given, booking.pledged = False, False
    if told["state"] == "confirmed" and booking.confirmed_at is None:
        booking.confirmed_at = event.time
    booking.session, booking.mode, booking.state = told["session"], told["mode"], told["state"]
    booking.offer_expires_at, booking.told_at = told["offer_expires_at"], now


def _facts(event: Envelope, session: Session) -> Facts:
    told = event.data
    named = (
        *("reference", "state", "position", "offer_expires_at", "cause", "by", "was_confirmed"),
        *("meant_for", "nominated_by", "application"),
    )
    reason = told["reason"] or (session.cancel_reason if told["cause"] == "session_cancelled" else None)
    return {**session.details(told["mode"]), **{name: told[name] for name in named}, "reason": reason}


def _draft(template: str, address: str, booking: Booking, session: Session, facts: Facts) -> messages.Draft:
    offered_until = facts["offer_expires_at"] if template == "place_offered" else None
    return messages.Draft(
        template=template,
        recipient=booking.person,
        address=address,
        facts=facts,
        person=booking.person,
        booking=booking.reference,
        booking_version=booking.version,
        session=session.slug,
        expires_at=offered_until,
        matters_at=offered_until or session.begins_at,
        asked_for=facts["by"] == "person" and facts["cause"] != "handed_on",
    )
