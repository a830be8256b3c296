"""Sending a message once more, for the team: to the address of today, and never what is not true any more.

That mail to an address came back is no reason against it: the team has talked to the person.
"""

import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session as OrmSession

from services.notifications import messages, overview
from services.notifications.calendar import invites
from services.notifications.causes import scheduled_notices
from services.notifications.causes.follow_ups import WAS_THERE, has_pledge, is_missed
from services.notifications.causes.interests import LIVE
from services.notifications.composing.email_layout import EmailLayout
from services.notifications.errors import MessageNotRepeatable, MessageOutOfDate, MessageWaiting
from services.notifications.message_types import AT_ONCE, MESSAGE_TYPES, TO_AN_ADDRESS
from services.notifications.models import Booking, Facts, Interest, Material, Message, Person, Session, Unwanted
from services.notifications.sessions import clash_of
from services.runtime import correlation

FORM_OPEN: Final = timedelta(days=60)  # after the session, in which registration takes what people thought of it
ASK_FOR_ANOTHER: Final = "A code is good for one person and a few minutes. They can ask for a new one."
FOR_AN_ADDRESS: Final = "This was for whoever reads that address, and what it said is not kept."
TRUE_WHEN_OFF: Final = ("booking_cancelled", "application_refused", "offer_expired", "meeting_cancelled")
TRUE_AFTERWARDS: Final = (
    "team_message",
    "materials_published",
    *(template for template, kind in MESSAGE_TYPES.items() if kind.stays_true),
)
Check = Callable[[OrmSession, Message, Facts, datetime], str | None]  # why it is out of date, for the team to read


def resend(db: OrmSession, id: str, by: str, email_layout: EmailLayout, now: datetime) -> dict[str, Any]:
    """Queue a message again in the name of `by` (a person's id), and return the team's view of the new one.

    What was sent again before counts as the first one. Raises NotFound, MessageNotRepeatable, MessageWaiting,
    MessageOutOfDate.
    """
    first, person = _first(db, id)
    facts = first.facts or {}
    for check in CHECKS:
        if why := check(db, first, facts, now):
            raise MessageOutOfDate(why)
    cause = scheduled_notices.Cause(str(uuid.uuid4()), correlation.current())
    messages.queue(db, cause, [_draft(db, first, person, by, _facts_of_today(db, first, person, now), now)], now)
    again = db.scalars(select(Message).where(Message.event_id == cause.id)).one()
    return overview.view(again, person, email_layout)


def _first(db: OrmSession, id: str) -> tuple[Message, Person]:
    """Return the message that was the first to say so, and whom it is to; both held as they are.

    Raises NotFound, MessageNotRepeatable, and MessageWaiting if it is queued itself, or again.
    """
    there = overview.known(db, id)
    if there.template in TO_AN_ADDRESS:
        raise MessageNotRepeatable(ASK_FOR_ANOTHER if there.urgency == AT_ONCE else FOR_AN_ADDRESS)
    person = db.get(Person, there.person, with_for_update={"read": True}) if there.person else None
    if person is None or person.email is None:
        raise MessageNotRepeatable("The person whom this was for has been erased.")
    first = db.get_one(Message, there.resend_of or id, with_for_update=True, populate_existing=True)
    if first.facts is None or first.template not in MESSAGE_TYPES:
        raise MessageNotRepeatable("What this message said is not kept any more.")
    same = or_(Message.id == first.id, Message.resend_of == first.id)
    waiting = db.scalar(select(Message.id).where(same, Message.state == "queued").limit(1))
    if waiting is not None:
        raise MessageWaiting("This message is waiting to be sent already.", message=waiting)
    return first, person


def _facts_of_today(db: OrmSession, first: Message, person: Person, now: datetime) -> Facts:
    """Return what is said again: the same, but nothing that only the moment made true.

    Raises MessageOutOfDate where the person's calendar has been told otherwise.
    """
    today = {**(first.facts or {}), "name": person.name}
    if today.get("position"):
        today["position"] = None
    if today.get("others"):
        coming = {other["slug"] for other in today["others"] if _is_coming(db, other["slug"], now)}
        today["others"] = [other for other in today["others"] if other["slug"] in coming]
    if today.get("clash"):
        booking = db.get_one(Booking, first.booking)
        clash = clash_of(db, booking, db.get_one(Session, booking.session))
        today["clash"] = clash.title if clash else None
    if today.get("invite"):
        today["invite"] = invites.as_it_is_now(db, today["invite"])
        if today["invite"] is None:
            raise MessageOutOfDate("The person’s calendar has been told something else since.")
    return today


def _draft(db: OrmSession, first: Message, person: Person, by: str, facts: Facts, now: datetime) -> messages.Draft:
    session = db.get(Session, first.session) if first.session else None
    is_ahead = session is not None and not session.has_begun(now)
    return messages.Draft.to_person(
        person,
        first.template,
        facts,
        booking=first.booking,
        booking_version=first.booking_version,
        session=first.session,
        expires_at=first.expires_at,
        part=first.part,
        urgency=first.urgency,
        matters_at=first.expires_at or (session.begins_at if session is not None and is_ahead else None),
        resend_of=first.id,
        resent_by=by,
    )


def _is_coming(db: OrmSession, slug: str, now: datetime) -> bool:
    session = db.get(Session, slug)
    return session is not None and session.status == "published" and not session.has_begun(now)


def _its_time_is_over(db: OrmSession, message: Message, facts: Facts, now: datetime) -> str | None:
    return (
        "It was only of use for a time, and that is over." if message.expires_at and message.expires_at <= now else None
    )


def _is_not_wanted(db: OrmSession, message: Message, facts: Facts, now: datetime) -> str | None:
    topic = MESSAGE_TYPES[message.template].topic
    unwanted = topic is not None and db.get(Unwanted, (message.person, topic)) is not None
    return "The person has asked us not to send emails of this kind." if unwanted else None


def _booking_has_changed(db: OrmSession, message: Message, facts: Facts, now: datetime) -> str | None:
    """What the team wrote names no booking as its own, but says in which state that is."""
    if "reference" not in facts or MESSAGE_TYPES[message.template].stays_true:
        return None
    booking = db.get(Booking, facts["reference"])
    if booking is None:
        return "The booking is not known any more."
    if message.booking is None:
        is_other = booking.session != message.session or booking.state != facts.get("state")
    else:
        is_other = booking.version != message.booking_version
    return "The booking has changed since. Look for a later message about it." if is_other else None


def _session_has_changed(db: OrmSession, message: Message, facts: Facts, now: datetime) -> str | None:
    if message.template in TRUE_AFTERWARDS:
        return None
    booking = db.get(Booking, message.booking) if message.booking else None
    session = db.get(Session, message.session or (booking.session if booking else ""))
    if session is None:
        return "The session is not known any more."
    if session.is_over(now):
        return "The session is over."
    if message.template in TRUE_WHEN_OFF:
        return None
    if session.status != "published":
        return "The session has been cancelled."
    if _says_otherwise(message, session, facts):
        return "The time or the place of the session has changed since. Look for a later message about it."
    return None


def _says_otherwise(message: Message, session: Session, facts: Facts) -> bool:
    times = [(meeting["starts_at"], meeting["ends_at"]) for meeting in facts.get("meetings", ())]
    spans = [(datetime.fromisoformat(starts), datetime.fromisoformat(ends)) for starts, ends in times]
    all_of_them = message.template != "meeting_invite"
    if "meetings" in facts and (spans != session.spans if all_of_them else not set(spans) <= set(session.spans)):
        return True
    if facts.get("mode") == "in_room" and facts.get("venue") != session.venue:
        return True
    return bool(facts.get("join_url")) and facts["join_url"] != session.join_url


def _was_not_there(db: OrmSession, message: Message, facts: Facts, now: datetime) -> str | None:
    if not MESSAGE_TYPES[message.template].stays_true:
        return None
    if message.template == "missed":
        return None if is_missed(db, message) else "The list no longer says that the person was not there."
    booking = db.get(Booking, message.booking or "")
    attendance = booking.attendance if booking else None
    if attendance == "absent":
        return "The list says now that the person was not there."
    is_of_certificate = message.template == "certificate_ready" or facts.get("certificate")
    return "There is no certificate any more." if is_of_certificate and attendance not in WAS_THERE else None


def _need_not_be_asked(db: OrmSession, message: Message, facts: Facts, now: datetime) -> str | None:
    if message.template != "feedback_asked":
        return None
    booking, session = db.get(Booking, message.booking or ""), db.get(Session, message.session or "")
    if booking is not None and booking.feedback_given:
        return "The person has told us already how it was."
    is_closed = session is None or session.ends_at is None or session.ends_at + FORM_OPEN <= now
    return "The form is not open any more." if is_closed else None


def _is_pledged_no_more(db: OrmSession, message: Message, facts: Facts, now: datetime) -> str | None:
    if message.template != "pledge_reminder" or has_pledge(db, message):
        return None
    return "The person has taken back what this reminds them of."


def _is_withdrawn(db: OrmSession, message: Message, facts: Facts, now: datetime) -> str | None:
    if message.template != "materials_published":
        return None
    published = select(Material.url).where(Material.session == message.session, Material.published)
    is_there = {material["url"] for material in facts["materials"]} <= set(db.scalars(published))
    return None if is_there else "Something that it leads to has been withdrawn or changed since."


def _is_no_news(db: OrmSession, message: Message, facts: Facts, now: datetime) -> str | None:
    if message.template != "interest_matched":
        return None
    asks = or_(Interest.topic.is_not(None), Interest.programme.is_not(None), Interest.session.is_not(None))
    if not db.scalar(select(exists().where(Interest.person == message.person, asks))):
        return "The person does not ask any more to be told of new sessions."
    theirs = exists().where(Booking.person == message.person, Booking.session == message.session)
    return (
        "The person has booked this session since."
        if db.scalar(select(theirs.where(Booking.state.in_(LIVE))))
        else None
    )


CHECKS: Final[tuple[Check, ...]] = (
    _its_time_is_over,
    _is_not_wanted,
    _session_has_changed,
    _booking_has_changed,
    _was_not_there,
    _need_not_be_asked,
    _is_pledged_no_more,
    _is_withdrawn,
    _is_no_news,
)
