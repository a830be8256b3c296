"""Telling those who hold a place that its time, venue or title has changed, and putting their calendars right."""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session as OrmSession

from services.bus.envelope import Envelope
from services.notifications import messages
from services.notifications.calendar import invites
from services.notifications.causes import scheduled_notices
from services.notifications.causes.meeting_emails import with_invites
from services.notifications.models import Booking, Facts, Invite, Person, ScheduledNotice, Session
from services.notifications.sessions import clash_of

MODE_GONE = {"virtual": "in_room", "face_to_face": "online"}


def tell(db: OrmSession, event: Envelope, session: Session, now: datetime) -> None:
    """Queue word of the change for everybody whose calendar says otherwise; none where the session is off or over.

    The first change is told at once; those that follow within five minutes are told together at the end of these.
    """
    if session.status != "published" or session.is_over(now):
        return
    if session.change_told_at is not None and now < session.change_told_at + scheduled_notices.TOGETHER:
        scheduled_notices.hold(db, session.slug, "changes", session.change_told_at + scheduled_notices.TOGETHER)
    else:
        messages.queue(db, event, _all(db, session, now), now)


def held_back(db: OrmSession, notice: ScheduledNotice, session: Session, now: datetime) -> list[messages.Draft]:
    """Return word of what has changed since people were last told."""
    return [] if session.is_over(now) else _all(db, session, now)


def _all(db: OrmSession, session: Session, now: datetime) -> list[messages.Draft]:
    confirmed = (
        select(Booking, Invite, Person)
        .join(Invite, Invite.reference == Booking.reference)
        .join(Person, Person.id == Booking.person)
        .where(Booking.session == session.slug, Booking.state == "confirmed", Person.email.is_not(None))
        .with_for_update(of=Invite)
    )
    gone = MODE_GONE.get(session.delivery or "")  # registration brings them along, and they are told of that
    rows = db.execute(confirmed.where(Booking.mode != gone) if gone else confirmed)
    drafts = [draft for booking, invite, person in rows for draft in _drafts(db, session, booking, invite, person, now)]
    if drafts:
        session.change_told_at = now
    return drafts


def _drafts(
    db: OrmSession, session: Session, booking: Booking, invite: Invite, person: Person, now: datetime
) -> Iterator[messages.Draft]:
    before, after = invite.told, session.details(booking.mode)
    times_changed, place_changed = before["meetings"] != after["meetings"], before["venue"] != after["venue"]
    title_changed = before["title"] != after["title"]
    if not times_changed and not place_changed and not title_changed:
        return
    clash = clash_of(db, booking, session) if times_changed else None
    facts = {
        **after,
        "reference": booking.reference,
        "name": person.name,
        "before": before,
        "times_changed": times_changed,
        "place_changed": place_changed,
        "title_changed": title_changed,
        "clash": clash.title if clash else None,
    }
    draft = _draft("session_changed", person, booking, session, facts)
    yield from with_invites(draft, invites.renew(invite, after, now))


def _draft(template: str, person: Person, booking: Booking, session: Session, facts: Facts) -> messages.Draft:
    return messages.Draft.to_person(
        person,
        template,
        facts,
        booking=booking.reference,
        booking_version=booking.version,
        session=session.slug,
        matters_at=session.begins_at,
    )
