"""Two accounts of one person become one, and two again: what is theirs passes over, and both addresses are told."""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session as OrmSession

from services.bus import handover
from services.bus.envelope import Envelope
from services.notifications import messages
from services.notifications.calendar import invites
from services.notifications.causes.meeting_emails import with_invites
from services.notifications.delivery import addresses
from services.notifications.models import (
    Booking,
    EvaluationAsked,
    Facilitator,
    Facts,
    Interest,
    Invite,
    Mailing,
    MergeMove,
    Message,
    MessageDraft,
    Person,
    Session,
    Unwanted,
)


def send_code(db: OrmSession, event: Envelope, now: datetime) -> None:
    """Queue the code by which someone proves that another account is theirs."""
    asked = event.data
    facts = {"name": None, "code": asked["code"], "expires_at": asked["expires_at"]}
    recipient = messages.recipient_at_addresses(asked["person"])
    draft = messages.Draft("merge_code", recipient, asked["email"], facts, expires_at=asked["expires_at"])
    messages.queue(db, event, [draft], now)


def merge(db: OrmSession, event: Envelope, now: datetime) -> None:
    """Have an account be a part of another: what comes for it is for that one. Raises NotYetKnown.

    What they do not want to get by either account they get no more. Once it cannot be undone, neither name nor address
    is kept of it here.
    """
    told = event.data
    kept, merged = Person.known(db, told["into"]), Person.locked(db, told["id"])
    if merged.erased or not merged.is_behind(event.version):
        return
    is_news = merged.merged_into is None
    merged.version, merged.merged_into = event.version, kept.id
    if is_news and not kept.erased:
        pair = (merged.id, kept.id)
        handover.hand_over(db, MergeMove, Interest.person, *pair)
        handover.hand_over(db, MergeMove, Facilitator.person, *pair)
        handover.hand_over(db, MergeMove, Mailing.written_by, *pair)
        handover.hand_over(db, MergeMove, MessageDraft.saved_by, *pair)
        handover.hand_over(db, MergeMove, Unwanted.person, *pair, once=(Unwanted.topic,))
        once = (EvaluationAsked.subject, EvaluationAsked.moment)
        handover.hand_over(db, MergeMove, EvaluationAsked.person, *pair, once=once)
    if told["undo_until"] is None:
        handover.forget(db, MergeMove, merged.id)
        addresses.unmark(db, merged.email)
        merged.email = merged.name = None
    elif not told["told_before"]:
        facts = {"until": told["undo_until"], "by": told["by"]}
        messages.queue(db, event, list(_to_both("accounts_merged", kept, merged, facts)), now)


def part(db: OrmSession, event: Envelope, now: datetime) -> None:
    """Have an account that was a part of another be one by itself. Raises NotYetKnown."""
    told = event.data
    kept, merged = Person.known(db, told["from_"]), Person.locked(db, told["id"])
    if merged.erased or not merged.is_behind(event.version):
        return
    handover.give_back(db, MergeMove, merged.id, kept.id)
    merged.version, merged.merged_into = event.version, None
    merged.email, merged.name = told["email"], told["name"]
    messages.queue(db, event, list(_to_both("accounts_parted", kept, merged, {"by": told["by"]})), now)


def reassign(db: OrmSession, event: Envelope, public_url: str, now: datetime) -> None:
    """Take over whose booking it is now; what is to come goes into the calendar of whoever has it. Raises NotYetKnown.

    The invite keeps its UID, and its sequence goes on.
    """
    told = event.data
    person, session = Person.known(db, told["person"]), Session.known(db, told["session"])
    booking = Booking.locked(db, told["reference"])
    if not booking.is_behind(event.version):
        return
    earlier, before = invites.of(db, booking), booking.person
    booking.version, booking.person = event.version, person.id
    for name in ("session", "mode", "state", "offer_expires_at"):
        setattr(booking, name, told[name])
    if booking.state == "confirmed" and booking.confirmed_at is None:
        booking.confirmed_at = event.time
    db.flush()
    waiting = update(Message).where(Message.booking == booking.reference, Message.state == "queued")
    db.execute(waiting.values(booking_version=event.version))  # what is still to be said of it stays true
    is_to_come = booking.state == "confirmed" and session.status == "published" and not session.is_over(now)
    if before != person.id and is_to_come and person.email is not None:
        invite = earlier or invites.begun(db, Invite, booking.reference, invites.host_of(public_url))
        issued = invites.ask(db, invite, session.details(booking.mode), now)
        messages.queue(db, event, list(with_invites(_draft(booking, person, session), issued)), now)


def _draft(booking: Booking, person: Person, session: Session) -> messages.Draft:
    facts = {**session.details(booking.mode), "reference": booking.reference, "name": person.name}
    more = {"booking": booking.reference, "booking_version": booking.version, "session": session.slug}
    return messages.Draft.to_person(person, "booking_reassigned", facts, **more, matters_at=session.begins_at)


def _to_both(template: str, kept: Person, merged: Person, facts: Facts) -> Iterator[messages.Draft]:
    """Yield word for each address, which names no other: who reads it may be somebody else."""
    recipient = messages.recipient_at_addresses(kept.id)
    for part, person in enumerate((kept, merged)):
        if person.email is not None:
            its = {**facts, "name": person.name, "is_kept": person is kept}
            yield messages.Draft(template, recipient, person.email, its, part=part)
