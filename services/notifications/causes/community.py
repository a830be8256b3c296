"""What members of the community are told: who would like to meet them, who said yes, and at which table they sit."""

from datetime import datetime
from typing import Final

from sqlalchemy import delete, select
from sqlalchemy.orm import Session as OrmSession

from services.bus.envelope import Envelope
from services.notifications import messages
from services.notifications.causes.mailings import paragraphs_of
from services.notifications.message_types import MESSAGE_TYPES
from services.notifications.models import Booking, Message, Person, Session
from services.notifications.sessions import people_of

FOR_MEMBERS: Final = ("introduction_proposed", "sat_with")
SEATED: Final = {"tables": "in_room", "rooms": "online"}  # how those take part who sit there


def tell_of_proposal(db: OrmSession, event: Envelope, now: datetime) -> None:
    """Queue the question whether somebody would like to be introduced. Raises NotYetKnown."""
    told, asked, asking = event.data, Person.current(db, event.data["to"]), Person.current(db, event.data["by"])
    if asked.email is None or asking.email is None:
        return
    facts = {
        "name": asked.name,
        "introduction": told["id"],
        "other": asking.id,
        "other_name": told["name"],
        "organisation": told["organisation"],
        "proven": told["proven"],
        "paragraphs": paragraphs_of(told["message"]),
        "answer_before": told["expires_at"],
    }
    draft = messages.Draft.to_person(asked, "introduction_proposed", facts, expires_at=told["expires_at"])
    messages.queue(db, event, [draft], now)


def tell_of_acceptance(db: OrmSession, event: Envelope, now: datetime) -> None:
    """Queue for each of the two the address of the other. Raises NotYetKnown."""
    first, second = event.data["people"]
    people = {told["person"]: Person.current(db, told["person"]) for told in (first, second)}
    if any(person.email is None for person in people.values()):
        return
    drafts = []
    for told, other in ((first, second), (second, first)):
        person = people[told["person"]]
        facts = {
            "name": person.name,
            "introduction": event.data["id"],
            "other": other["person"],
            "other_name": other["name"],
            "other_email": other["email"],
            "organisation": other["organisation"],
            "proven": other["proven"],
        }
        drafts.append(messages.Draft.to_person(person, "introduction_accepted", facts))
    messages.queue(db, event, drafts, now)


def tell_of_tables(db: OrmSession, event: Envelope, now: datetime) -> None:
    """Queue for each who has a place where they sit, in each round: a table in the room, or a breakout room online.

    Nobody online is sent to a table. Raises NotYetKnown.
    """
    session = Session.known(db, event.data["session"])
    if session.status != "published" or session.is_over(now):
        return
    tables = {seat["reference"]: seat["tables"] for seat in event.data["seats"]}
    kind = event.data["kind"]
    theirs = people_of(session.slug).where(Booking.reference.in_(tables), Booking.mode == SEATED[kind])
    drafts = []
    for booking, person in db.execute(theirs):
        facts = {
            "name": person.name,
            "title": session.title,
            "kind": kind,
            "meetings": session.meetings,
            "reference": booking.reference,
            "tables": [{"round": n, "table": table} for n, table in enumerate(tables[booking.reference], start=1)],
        }
        more = {"booking": booking.reference, "booking_version": booking.version, "session": session.slug}
        times = {"expires_at": session.ends_at, "matters_at": session.begins_at}
        drafts.append(messages.Draft.to_person(person, "tables_published", facts, **more, **times))
    messages.queue(db, event, drafts, now)


def tell_of_tablemates(db: OrmSession, event: Envelope, now: datetime) -> None:
    """Queue for somebody how many members they sat with, and of which sectors. Raises NotYetKnown."""
    told, person = event.data, Person.current(db, event.data["person"])
    session = Session.known(db, told["session"])
    if person.email is None:
        return
    facts = {"name": person.name, "title": session.title, "session": session.slug}
    facts |= {name: told[name] for name in ("kind", "others", "sectors")}
    messages.queue(db, event, [messages.Draft.to_person(person, "sat_with", facts, session=session.slug)], now)


def tell_of_removal(db: OrmSession, event: Envelope, now: datetime) -> None:
    """Queue for somebody that the team has taken them out of the community, and why; or lets them in again.

    Raises NotYetKnown.
    """
    person, reason = Person.current(db, event.data["person"]), event.data["reason"]
    if person.email is None:
        return
    template = "community_removed" if reason else "community_let_in"
    facts = {"name": person.name, **({"paragraphs": paragraphs_of(reason)} if reason else {})}
    messages.queue(db, event, [messages.Draft.to_person(person, template, facts)], now)


def drop_what_is_for_members(db: OrmSession, event: Envelope) -> None:
    """Drop what is queued for somebody as a member, now that they are none."""
    person = Person.current(db, event.data["person"]).id
    theirs = (Message.person == person, Message.state == "queued", Message.template.in_(FOR_MEMBERS))
    db.execute(delete(Message).where(*theirs))


def erase(db: OrmSession, person: str) -> None:
    """Drop what is queued for others and names this person; what was sent keeps no names (`kinds.py`)."""
    naming = [name for name, kind in MESSAGE_TYPES.items() if kind.names_others]
    queued = select(Message).where(Message.template.in_(naming), Message.state == "queued")
    theirs = [message.id for message in db.scalars(queued) if (message.facts or {}).get("other") == person]
    db.execute(delete(Message).where(Message.id.in_(theirs)))
