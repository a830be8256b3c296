"""Telling those who hold a place that its time, venue, link or title has changed, and putting their calendars right."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session as OrmSession

from services.bus.envelope import Envelope
from services.notifications import messages
from services.notifications.calendar import invites
from services.notifications.causes import links, scheduled_notices
from services.notifications.causes.meeting_emails import with_invites
from services.notifications.message_types import SOON
from services.notifications.models import Booking, Invite, Person, ScheduledNotice, Session
from services.notifications.sessions import clash_of

MODE_GONE = {"virtual": "in_room", "face_to_face": "online"}
AT_ONCE_WITHIN: Final = timedelta(days=1)


@dataclass(frozen=True)
class Difference:
    """What someone was last told, and what is other than that."""

    booking: Booking
    invite: Invite
    person: Person
    times: bool
    place: bool
    title: bool
    link: bool

    @property
    def leads_astray(self) -> bool:
        """Whether they would go to where nothing is."""
        return self.place or self.link


def tell(db: OrmSession, event: Envelope, session: Session, now: datetime) -> None:
    """Queue word of the change for everybody who was told otherwise; none where the session is off or over.

    The first change is told at once; those that follow within five minutes are told together at the end of these,
    unless people would go to a wrong place, or use a wrong link, within a day.
    """
    if session.status != "published" or session.is_over(now):
        return
    db.flush()
    links.put_right(db, session, now)
    differences = _differences(db, session)
    until = session.change_told_at + scheduled_notices.TOGETHER if session.change_told_at else now
    urgent = session.is_within(AT_ONCE_WITHIN, now) and any(one.leads_astray for one in differences)
    if now < until and not urgent:
        scheduled_notices.hold(db, session.slug, "changes", until)
    else:
        if urgent:
            messages.hurry(db, [one.booking.reference for one in differences if one.leads_astray], now)
        messages.queue(db, event, _all(db, session, differences, now), now)


def held_back(db: OrmSession, notice: ScheduledNotice, session: Session, now: datetime) -> list[messages.Draft]:
    """Return word of what has changed since people were last told."""
    return [] if session.is_over(now) else _all(db, session, _differences(db, session), now)


def _differences(db: OrmSession, session: Session) -> list[Difference]:
    """Return what those who have a place were told otherwise, their invites locked."""
    confirmed = (
        select(Booking, Invite, Person)
        .join(Invite, Invite.reference == Booking.reference)
        .join(Person, Person.id == Booking.person)
        .where(Booking.session == session.slug, Booking.state == "confirmed", Person.email.is_not(None))
        .with_for_update(of=Invite)
    )
    gone = MODE_GONE.get(session.delivery or "")  # registration brings them along, and they are told of that
    rows = db.execute(confirmed.where(Booking.mode != gone) if gone else confirmed)
    sent = links.sent(db, session)
    found = []
    for booking, invite, person in rows:
        before, after = invite.told, session.details(booking.mode)
        changed = [before[name] != after[name] for name in ("meetings", "venue", "title")]
        changed.append(links.has_changed_for(session, booking, sent))
        if any(changed):
            found.append(Difference(booking, invite, person, *changed))
    return found


def _all(db: OrmSession, session: Session, differences: list[Difference], now: datetime) -> list[messages.Draft]:
    drafts = [draft for difference in differences for draft in _drafts(db, session, difference, now)]
    if drafts:
        session.change_told_at = now
    return drafts


def _drafts(db: OrmSession, session: Session, changed: Difference, now: datetime) -> Iterator[messages.Draft]:
    booking, person, after = changed.booking, changed.person, session.details(changed.booking.mode)
    clash = clash_of(db, booking, session) if changed.times else None
    facts = {
        **after,
        "reference": booking.reference,
        "name": person.name,
        "before": changed.invite.told,
        "times_changed": changed.times,
        "place_changed": changed.place,
        "title_changed": changed.title,
        "link_changed": changed.link,
        "join_url": session.join_url if changed.link else None,
        "clash": clash.title if clash else None,
    }
    urgent = changed.leads_astray and session.is_within(AT_ONCE_WITHIN, now)
    draft = messages.Draft.to_person(
        person,
        "session_changed",
        facts,
        booking=booking.reference,
        booking_version=booking.version,
        session=session.slug,
        matters_at=session.begins_at,
        at_once=urgent,
        urgency=SOON if urgent else None,
    )
    yield from with_invites(draft, invites.renew(changed.invite, after, now))
