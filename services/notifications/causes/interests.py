"""Telling those who asked for more when there is more: one message a new session, however many interests it meets.

Who asked for a programme that has no date hears of the first one before those who asked for its topics only.
"""

from collections import defaultdict
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, and_, delete, exists, or_, select
from sqlalchemy.orm import Session as OrmSession
from sqlalchemy.orm import aliased

from services.bus import outbox
from services.bus.envelope import Envelope
from services.notifications import messages
from services.notifications.causes import scheduled_notices
from services.notifications.models import Booking, Facts, Interest, Message, Person, ScheduledNotice, Session

TEMPLATE = "interest_matched"
TOO_SOON_TO_WAIT: Final = timedelta(days=7)  # before a session, nobody hears of it later than others
LIVE = ("confirmed", "waiting", "offered")  # bookings that stand for a place, or for the hope of one
NAMES = ("topic", "programme", "session")
Match = tuple[Interest, Person, str | None]  # an interest, whose it is, and the title of the session that it names


def keep(db: OrmSession, event: Envelope) -> None:
    """Take over what somebody wants to hear of, or that they want it no longer. Raises NotYetKnown."""
    person = Person.current(db, event.data["person"])
    if person.erased:
        return
    interest = Interest.locked(db, event.data["id"])
    if not interest.is_behind(event.version):
        return
    withdrawn = event.type == "registration.interest_withdrawn.v1"
    interest.version, interest.person = event.version, person.id
    for name in NAMES:
        setattr(interest, name, None if withdrawn else event.data[name])


def erase(db: OrmSession, person: str) -> None:
    """Forget what a person wanted to hear of; that waits for whoever is writing to them because of it."""
    for id in db.scalars(select(Interest.id).where(Interest.person == person)).all():
        outbox.erase_from_inbox(db, f"interests/{id}")
    db.execute(delete(Interest).where(Interest.person == person))


def tell(db: OrmSession, event: Envelope, head_start: timedelta, now: datetime) -> None:
    """Queue word of a session that is new for everybody who asked for more of its kind.

    It is told of as it is now, which may be later than the event; none is told of that is off or over by now. Where it
    is the first date of a programme that people waited for, those who asked for its topics hear of it `head_start`
    later.
    """
    if event.type != "catalogue.session_published.v1":
        return
    db.flush()
    session = db.get_one(Session, event.data["slug"])
    if session.status != "published" or session.is_over(now):
        return
    found = _matches(db, session)
    waited = [matches for matches in found if any(interest.topic is None for interest, _, _ in matches)]
    is_held = scheduled_notices.is_held(db, session.slug, "interests")
    is_ahead = is_held or bool(waited and head_start and _is_first_date(db, session, now))
    if is_ahead:
        scheduled_notices.hold(db, session.slug, "interests", now + head_start)
    title = event.data["programme_title"]
    drafts = [_draft(session, matches, title, is_ahead=is_ahead) for matches in (waited if is_ahead else found)]
    messages.queue(db, event, drafts, now)


def held_back(db: OrmSession, notice: ScheduledNotice, session: Session, now: datetime) -> list[messages.Draft]:
    """Return word of a first date for those who asked for its topics, after the others' head start."""
    if session.is_over(now):
        return []
    by_topic = [[match for match in matches if match[0].topic] for matches in _matches(db, session)]
    return [_draft(session, matches, "", is_ahead=False) for matches in by_topic if matches]


def is_on_offer(db: OrmSession, message: Message) -> bool:
    """Tell whether the session that a message tells of is still published, and not a draft again, or cancelled."""
    session = db.get(Session, message.session)
    return session is None or session.status == "published"


def _is_first_date(db: OrmSession, session: Session, now: datetime) -> bool:
    """Tell whether its programme had nothing to come that people were told of, and it is not too soon to wait.

    Sessions that were published with it, or within its head start, are first dates like it.
    """
    if session.is_within(TOO_SOON_TO_WAIT, now):
        return False
    is_held = exists().where(
        ScheduledNotice.session == Session.slug, ScheduledNotice.what == "interests", ScheduledNotice.told_at.is_(None)
    )
    of_programme = (Session.programme == session.programme, Session.slug != session.slug)
    others = db.scalars(select(Session).where(*of_programme, Session.status == "published", ~is_held))
    return all(other.has_begun(now) for other in others)


def _matches(db: OrmSession, session: Session) -> list[list[Match]]:
    """Return the interests that the session meets, by person, of those who can be told and have no booking of it.

    Who was told of it before, or is about to be, is not told again once it is published a second time.
    """
    slug, programme = session.slug, session.programme
    named = aliased(Session)
    is_booked = exists().where(Booking.person == Interest.person, Booking.session == slug, Booking.state.in_(LIVE))
    was_told = exists().where(
        Message.session == slug,
        Message.template == TEMPLATE,
        Message.recipient == Interest.person,
        Message.state.in_(("queued", "sent", "delivered")),
    )
    of_its_kind: list[ColumnElement[bool]] = [
        Interest.topic.in_(session.topics or ()),
        Interest.programme == programme,
        and_(Interest.session != slug, named.programme == programme),
    ]
    rows = db.execute(
        select(Interest, Person, named.title)
        .join(Person, Person.id == Interest.person)
        .outerjoin(named, named.slug == Interest.session)
        .where(or_(*of_its_kind), Person.email.is_not(None), ~is_booked, ~was_told)
        .order_by(Interest.person, Interest.id)
        .with_for_update(read=True, of=Interest)  # so that nobody is erased while this writes to them
    )
    found: dict[str, list[Match]] = defaultdict(list)
    for interest, person, title in rows:
        found[interest.person].append((interest, person, title))
    return list(found.values())


def _draft(session: Session, matches: list[Match], programme_title: str, *, is_ahead: bool) -> messages.Draft:
    person = matches[0][1]
    facts: Facts = {
        "name": person.name,
        "session": session.slug,
        "title": session.title,
        "delivery": session.delivery,
        "meetings": session.meetings,
        "venue": session.venue,
        "because": [_in_words(interest, programme_title, title) for interest, _, title in matches],
        "is_ahead": is_ahead,
    }
    return messages.Draft.to_person(
        person,
        TEMPLATE,
        facts,
        session=session.slug,
        expires_at=session.ends_at,
        matters_at=session.begins_at,
    )


def _in_words(interest: Interest, programme_title: str, title: str | None) -> str:
    """Return what was asked for, as a reader knows it; `title` is that of the session that was named."""
    if interest.topic:
        return interest.topic.replace("-", " ")
    return title or programme_title
