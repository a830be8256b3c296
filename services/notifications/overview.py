"""What the team sees of messages: all that were written to anybody, searched, and what became of each.

Codes for signing in are listed, and never shown.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from jinja2 import TemplateError
from marshmallow import ValidationError
from sqlalchemy import ColumnElement, and_, func, literal, or_, select, true, tuple_
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.orm import Session as OrmSession

from services.bus.audit import SEEN, Entry, Facts
from services.notifications.composing.email_layout import EmailLayout
from services.notifications.emails import write_out
from services.notifications.message_types import MESSAGE_TYPES, TO_AN_ADDRESS
from services.notifications.models import Message, Person, Session
from services.notifications.previews import copy_of
from services.notifications.schemas import MESSAGE_STATES
from services.runtime import search
from services.runtime.dialects import Moment
from services.runtime.paging import cursor_after, key_of
from services.runtime.refusals import Invalid, NotFound
from services.runtime.schemas import Email

UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
MOST_FOUND: Final = 100  # people, and sessions, that words may fit
MOST_WORDS: Final = 10
QUEUED: Final = literal("queued", literal_execute=True)
CANNOT_BE_WRITTEN: Final = (TemplateError, KeyError, TypeError, ValueError)  # out of facts that templates read no more
Written = tuple[str | None, str | None, str | None]


def page(
    db: OrmSession, wanted: Mapping[str, str], cursor: str | None, limit: int, email_layout: EmailLayout
) -> dict[str, Any]:
    """Return a page of messages, the latest first. `wanted` may have `person`, `session`, `state`, `template` and `q`.

    Raises Invalid with all that is wrong in `wanted`, or on field `cursor`.
    """
    query = select(Message, Person).outerjoin(Person, Person.id == Message.person).where(*_conditions(db, wanted))
    at: ColumnElement[datetime] | InstrumentedAttribute[datetime] = Message.created_at
    if wanted.get("state") == "queued":  # few: but SQLite would walk through all there are rather than sort these
        at = func.coalesce(at, at)
    if cursor:
        query = query.where(tuple_(at, Message.id) < tuple_(*_key(cursor)))
    latest = query.order_by(at.desc(), Message.id.desc())
    rows = db.execute(latest.limit(limit + 1)).all()
    items = [view(message, person, email_layout) for message, person in rows[:limit]]
    last = rows[limit - 1][0] if len(rows) > limit else None
    return {"items": items, "next": cursor_after(last.created_at.isoformat(), last.id) if last else None}


def seen_on(facts: Facts) -> Iterator[Entry]:
    """Yield what is recorded of reading a page: the messages of one person or session, or of many. No address is."""
    wanted = facts["wanted"]
    if "person" in wanted:
        people = {row["person"] for row in facts["items"] if row["person"]}
        yield from (Entry(SEEN, f"people/{person}/messages") for person in sorted(people))
    else:
        yield Entry(SEEN, f"sessions/{wanted['session'].strip()}/messages" if "session" in wanted else "messages")


def one(db: OrmSession, id: str, email_layout: EmailLayout) -> dict[str, Any]:
    """Return the view of a message with `plain`, `html`, who sent it again, and when it was. Raises NotFound.

    The text is written with the templates of today.
    """
    message = known(db, id)
    person = db.get(Person, message.person) if message.person else None
    _, plain, html = (None, None, None) if message.template in TO_AN_ADDRESS else _written(message, email_layout)
    by = db.get(Person, message.resent_by) if message.resent_by else None
    shown = {"plain": plain, "html": html, "resent_by_name": by.name if by else None, "repeats": _repeats(db, id)}
    return {**view(message, person, email_layout), **shown}


def known(db: OrmSession, id: str) -> Message:
    """Return a message. Raises NotFound."""
    message = db.get(Message, id)
    if message is None:
        raise NotFound("There is no such message.")
    return message


def view(message: Message, person: Person | None, email_layout: EmailLayout) -> dict[str, Any]:
    """Return what the team sees of a message to `person`. The subject of one that was not sent is what it would be."""
    return {
        "id": message.id,
        "template": message.template,
        "person": message.person,
        "name": person.name if person else None,
        "email": message.address,
        "session": message.session,
        "booking": message.booking,
        "subject": message.subject or _written(message, email_layout)[0],
        "state": message.state,
        "reason": message.reason,
        "error": message.error,
        "queued_at": message.created_at,
        "due_at": message.due_at if message.state == "queued" else None,
        "finished_at": message.finished_at,
        "attempts": message.attempts,
        "resend_of": message.resend_of,
        "resent_by": message.resent_by,
    }


def _repeats(db: OrmSession, id: str) -> list[dict[str, Any]]:
    again = select(Message, Person.name).outerjoin(Person, Person.id == Message.resent_by)
    rows = db.execute(again.where(Message.resend_of == id).order_by(Message.created_at.desc(), Message.id)).all()
    return [
        {"id": row.id, "state": row.state, "queued_at": row.created_at, "resent_by": row.resent_by,
         "resent_by_name": name}
        for row, name in rows
    ]  # fmt: skip


def _written(message: Message, email_layout: EmailLayout) -> Written:
    if message.facts is None:
        return None, None, None
    try:
        return write_out(message, copy_of(email_layout))
    except CANNOT_BE_WRITTEN:
        return None, None, None


def _key(cursor: str) -> tuple[ColumnElement[datetime], ColumnElement[str]]:
    at, id = key_of(cursor, str, str)
    try:
        return literal(datetime.fromisoformat(at).astimezone(UTC), Moment), literal(id)
    except (ValueError, OverflowError) as error:
        raise Invalid.field("cursor", "not-our-cursor") from error


def _conditions(db: OrmSession, wanted: Mapping[str, str]) -> list[ColumnElement[bool]]:
    conditions, errors = [], []
    for name, value in wanted.items():
        try:
            conditions.append(FILTERS[name](db, value))
        except Invalid as refusal:
            errors += refusal.errors
    if errors:
        raise Invalid(errors)
    return conditions


def _to_person(db: OrmSession, person: str) -> ColumnElement[bool]:
    """All that was written to a person by their id, or to their address and to whoever has it now."""
    if UUID.fullmatch(person.strip().lower()):
        return Message.person == person.strip().lower()
    try:
        address: str = Email().deserialize(person)
    except ValidationError as error:
        raise Invalid.field("person", "not-a-person") from error
    theirs = db.scalars(select(Person.id).where(Person.email == address)).all()
    return or_(Message.person.in_(theirs), Message.address == address)


def _of_session(db: OrmSession, slug: str) -> ColumnElement[bool]:
    if db.get(Session, slug.strip()) is None:
        raise Invalid.field("session", "no-such-session")
    return Message.session == slug.strip()


def _in_state(db: OrmSession, state: str) -> ColumnElement[bool]:
    if state not in MESSAGE_STATES:
        raise Invalid.field("state", "not-a-choice", choices=[*MESSAGE_STATES])
    is_ended = Message.state != QUEUED  # in these words, or SQLite does not use the index of those that have ended
    return Message.state == QUEUED if state == "queued" else and_(Message.state == state, is_ended)


def _of_template(db: OrmSession, template: str) -> ColumnElement[bool]:
    if template not in MESSAGE_TYPES:
        raise Invalid.field("template", "not-a-choice", choices=[*MESSAGE_TYPES])
    return Message.template == template


def _speaks_of(db: OrmSession, q: str) -> ColumnElement[bool]:
    """What was written to people whose name or address has all of the words, or of sessions whose title does.

    These are few, and found first, so that messages, which are many, are found by their indexes.
    """
    words = q.split()
    if not words:
        return true()
    if len(words) > MOST_WORDS:
        raise Invalid.field("q", "too-many-words", max=MOST_WORDS)
    named = [search.has(word, Person.search_key, Person.name, Person.email) for word in words]
    titled = [search.has(word, Session.search_key, Session.title) for word in words]
    people = db.scalars(select(Person.id).where(*named).limit(MOST_FOUND + 1)).all()
    sessions = db.scalars(select(Session.slug).where(*titled).limit(MOST_FOUND + 1)).all()
    if max(len(people), len(sessions)) > MOST_FOUND:
        raise Invalid.field("q", "too-much-found")
    return or_(Message.person.in_(people), Message.session.in_(sessions))


FILTERS: Final[dict[str, Callable[[OrmSession, str], ColumnElement[bool]]]] = {
    "person": _to_person,
    "session": _of_session,
    "state": _in_state,
    "template": _of_template,
    "q": _speaks_of,
}
