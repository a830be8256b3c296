"""After a session: thanks or “We missed you”, the certificate, one question, and six weeks on one's pledge."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import uuid5

from sqlalchemy import func, select
from sqlalchemy.orm import Session as OrmSession

from services.bus.envelope import Envelope
from services.bus.replica import NotYetKnown
from services.notifications import messages
from services.notifications.causes import scheduled_notices
from services.notifications.models import Booking, Facts, Material, Message, Person, ScheduledNotice, Session
from services.notifications.sessions import others_like, people_of

WAS_THERE: Final = ("attended", "partly_attended")


def keep_attendance(db: OrmSession, event: Envelope, now: datetime) -> None:
    """Take over who was there; who can have a certificate now, and was thanked without one, is told.

    Raises NotYetKnown where the booking's person or session has not been told of yet.
    """
    person, session = Person.known(db, event.data["person"]), Session.known(db, event.data["session"])
    if person.email is None:
        return
    booking = db.get(Booking, event.data["reference"], with_for_update=True)
    if booking is None:
        raise NotYetKnown(f"bookings/{event.data['reference']} has not been told of yet")
    if event.version <= booking.attendance_version:
        return
    booking.attendance_version, booking.attendance = event.version, event.data["state"]
    if event.data["imported"]:  # of another programme, long ago
        booking.certificate_told = booking.attendance in WAS_THERE
        return
    if _was_missed(booking):
        scheduled_notices.tell_more(db, session, "missed", now)
    if _is_news(booking) and not _will_be_thanked(db, person, session, now):
        booking.certificate_told = True
        cause = scheduled_notices.Cause(
            str(uuid5(scheduled_notices.NAMESPACE, f"certificate/{booking.reference}")), event.correlation_id
        )
        messages.queue(db, cause, [_draft("certificate_ready", booking, person, session, {})], now)


def _will_be_thanked(db: OrmSession, person: Person, session: Session, now: datetime) -> bool:
    """Tell whether the thanks are still to come, which say what there is."""
    notice = db.get(ScheduledNotice, (session.slug, "thanks", 0))
    if notice is None or notice.told_at is not None:
        return False
    return person.id not in scheduled_notices.already_told(db, notice, session, now)


def keep_feedback(db: OrmSession, event: Envelope, now: datetime) -> None:
    """Note that somebody has said how it was: they are not asked any more, and reminded of what they pledged, if so."""
    slug = db.scalar(select(Booking.session).where(Booking.reference == event.data["reference"]))
    session = Session.known(db, slug) if slug is not None else None  # held before its booking, as all others do
    booking = db.get(Booking, event.data["reference"], with_for_update=True)
    if session is None or booking is None or event.version <= booking.feedback_version:
        return
    booking.feedback_version, booking.feedback_given = event.version, True
    booking.pledged = event.data["pledged"]
    if booking.pledged:  # of a session that was told of before there were reminders of pledges, none is planned yet
        scheduled_notices.plan(db, session, now)


def thanks(db: OrmSession, notice: ScheduledNotice, session: Session, now: datetime) -> list[messages.Draft]:
    """Return the thanks to those who came, with the certificate where there is one already."""
    drafts = []
    for booking, person in _untold(db, notice, session, now, who_came(db, session)):
        certificate = _is_news(booking)
        booking.certificate_told = booking.certificate_told or certificate
        drafts.append(_draft("thanks", booking, person, session, {"certificate": certificate}))
    return drafts


def missed(db: OrmSession, notice: ScheduledNotice, session: Session, now: datetime) -> list[messages.Draft]:
    """Return word to those who had a place and were not there, with what there is of the session, and the next ones.

    Where nobody took attendance, nobody is known to have been absent.
    """
    theirs = people_of(session.slug).where(Booking.attendance == "absent")
    rows = _untold(db, notice, session, now, [(booking, person) for booking, person in db.execute(theirs)])
    open_to_all = (Material.session == session.slug, Material.published, Material.audience == "everyone")
    has_materials = db.scalar(select(Material.id).where(*open_to_all).limit(1)) is not None
    others = others_like(db, session, now)
    booked = _booked(db, [other.slug for other in others])
    drafts = []
    for booking, person in rows:
        news = [other for other in others if (person.id, other.slug) not in booked]
        named = [{**other.details(""), "slug": other.slug} for other in news]
        drafts.append(_draft("missed", booking, person, session, {"has_materials": has_materials, "others": named}))
    return drafts


def _booked(db: OrmSession, slugs: Sequence[str]) -> set[tuple[str, str]]:
    """Return who has booked which of these sessions, or waits for a place in it."""
    live = select(Booking.person, Booking.session).where(Booking.session.in_(slugs), Booking.state != "cancelled")
    return {(person, slug) for person, slug in db.execute(live)}


def questions(db: OrmSession, notice: ScheduledNotice, session: Session, now: datetime) -> list[messages.Draft]:
    """Return the question how it was, to those who came and have not said so."""
    came = _untold(db, notice, session, now, who_came(db, session))
    return [_draft("feedback_asked", *both, session, {}) for both in came if not both[0].feedback_given]


def pledges(db: OrmSession, notice: ScheduledNotice, session: Session, now: datetime) -> list[messages.Draft]:
    """Return the reminders to those who have pledged something by now; what it is, we do not know."""
    theirs = people_of(session.slug).where(Booking.pledged, func.coalesce(Booking.attendance, "") != "absent")
    rows = [(booking, person) for booking, person in db.execute(theirs)]
    return [_draft("pledge_reminder", *both, session, {}) for both in _untold(db, notice, session, now, rows)]


def who_came(db: OrmSession, session: Session) -> Sequence[tuple[Booking, Person]]:
    """Return those who came, as far as it was recorded; where nothing was, all who had a place."""
    theirs = people_of(session.slug, ("confirmed", "cancelled")).with_for_update(of=Booking)  # who was told is noted
    rows = [(b, person) for b, person in db.execute(theirs) if b.state == "confirmed" or b.attendance in WAS_THERE]
    if any(booking.attendance is not None for booking, _ in rows):
        rows = [(booking, person) for booking, person in rows if booking.attendance in WAS_THERE]
    return rows


def _untold(
    db: OrmSession, notice: ScheduledNotice, session: Session, now: datetime, rows: Sequence[tuple[Booking, Person]]
) -> list[tuple[Booking, Person]]:
    """Leave out those who were told before, when the session had another end."""
    told = scheduled_notices.already_told(db, notice, session, now)
    return [(booking, person) for booking, person in rows if person.id not in told]


def is_missed(db: OrmSession, message: Message) -> bool:
    """Tell whether the list still has them as absent."""
    booking = db.get(Booking, message.booking or "")
    return booking is not None and booking.session == message.session and _was_missed(booking)


def _was_missed(booking: Booking) -> bool:
    return booking.state == "confirmed" and booking.attendance == "absent"


def has_pledge(db: OrmSession, message: Message) -> bool:
    """Tell whether what a reminder is about has not been withdrawn since."""
    booking = db.get(Booking, message.booking or "")
    return booking is not None and booking.pledged


def _is_news(booking: Booking) -> bool:
    """Tell whether there is a certificate that the person has not been told of."""
    return booking.attendance in WAS_THERE and not booking.certificate_told


def _draft(template: str, booking: Booking, person: Person, session: Session, more: Facts) -> messages.Draft:
    facts = {"name": person.name, "title": session.title, "session": session.slug, "reference": booking.reference}
    return messages.Draft.to_person(
        person,
        template,
        {**facts, **more},
        booking=booking.reference,
        booking_version=booking.version,
        session=session.slug,
    )
