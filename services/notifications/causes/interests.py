"""Telling those who asked for more when there is more: one message a new session, however many interests it meets."""

from collections import defaultdict
from datetime import datetime

from sqlalchemy import ColumnElement, and_, delete, exists, or_, select
from sqlalchemy.orm import Session as OrmSession
from sqlalchemy.orm import aliased

from services.bus import outbox
from services.bus.envelope import Envelope
from services.notifications import messages
from services.notifications.models import Booking, Facts, Interest, Message, Person, Session

TEMPLATE = "interest_matched"
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


def tell(db: OrmSession, event: Envelope, now: datetime) -> None:
    """Queue word of a session that is new for everybody who asked for more of its kind.

    It is told of as it is now, which may be later than the event; none is told of that is off or over by now.
    """
    if event.type != "catalogue.session_published.v1":
        return
    db.flush()
    session = db.get_one(Session, event.data["slug"])
    if session.status != "published" or session.is_over(now):
        return
    found: dict[str, list[Match]] = defaultdict(list)
    for match in _matches(db, event):
        found[match[0].person].append(match)
    messages.queue(db, event, [_draft(session, event, matches) for matches in found.values()], now)


def is_on_offer(db: OrmSession, message: Message) -> bool:
    """Tell whether the session that a message tells of is still published, and not a draft again, or cancelled."""
    session = db.get(Session, message.session)
    return session is None or session.status == "published"


def _matches(db: OrmSession, event: Envelope) -> list[Match]:
    """Return the interests that the session meets, of those who can be told and have no booking of it.

    Who was told of it before is not told again once it is published a second time.
    """
    slug, programme = event.data["slug"], event.data["programme"]
    named = aliased(Session)
    is_booked = exists().where(Booking.person == Interest.person, Booking.session == slug, Booking.state.in_(LIVE))
    was_told = exists().where(
        Message.session == slug,
        Message.template == TEMPLATE,
        Message.recipient == Interest.person,
        Message.state.in_(("sent", "delivered")),
    )
    of_its_kind: list[ColumnElement[bool]] = [
        Interest.topic.in_(event.data["topics"]),
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
    return [(interest, person, title) for interest, person, title in rows]


def _draft(session: Session, event: Envelope, matches: list[Match]) -> messages.Draft:
    person = matches[0][1]
    facts: Facts = {
        "name": person.name,
        "session": session.slug,
        "title": session.title,
        "delivery": event.data["delivery"],
        "meetings": session.meetings,
        "venue": session.venue,
        "because": [_in_words(interest, event, title) for interest, _, title in matches],
    }
    return messages.Draft.to_person(
        person,
        TEMPLATE,
        facts,
        session=session.slug,
        expires_at=session.ends_at,
        matters_at=session.begins_at,
    )


def _in_words(interest: Interest, event: Envelope, title: str | None) -> str:
    """Return what was asked for, as a reader knows it; `title` is that of the session that was named."""
    if interest.topic:
        return interest.topic.replace("-", " ")
    return title or str(event.data["programme_title"])
