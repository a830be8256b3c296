"""What a person can do without: topics of messages, chosen when signed in or by the signed link in any message."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Protocol, TypeVar

from itsdangerous import BadData
from sqlalchemy import delete, select
from sqlalchemy.orm import Session as OrmSession

from services.notifications.composing.email_layout import EmailLayout
from services.notifications.message_types import MESSAGE_TYPES, TOPICS, MessageType
from services.notifications.models import Message, Person, Unwanted
from services.runtime.refusals import NotFound, StaleVersion


class Addressed(Protocol):
    """Something that is to be said to a person, or to an address alone."""

    @property
    def person(self) -> str | None: ...

    @property
    def kind(self) -> MessageType: ...


Said = TypeVar("Said", bound=Addressed)


def without_unwanted(db: OrmSession, drafts: Sequence[Said]) -> list[Said]:
    """Return those of the drafts that their persons want."""
    by_topic: dict[str, set[str]] = defaultdict(set)
    for draft in drafts:
        if draft.kind.topic and draft.person:
            by_topic[draft.kind.topic].add(draft.person)
    unwanted = {
        (person, topic)
        for topic, people in by_topic.items()
        for person in db.scalars(select(Unwanted.person).where(Unwanted.topic == topic, Unwanted.person.in_(people)))
    }
    return [draft for draft in drafts if (draft.person, draft.kind.topic) not in unwanted]


def view(db: OrmSession, person: str) -> dict[str, bool]:
    """Return of each topic whether the person wants its messages."""
    unwanted = set(db.scalars(select(Unwanted.topic).where(Unwanted.person == person)))
    return {topic: topic not in unwanted for topic in TOPICS}


def held_on(db: OrmSession, person: str) -> list[dict[str, Any]]:
    """Return which topics the person does not want, and since when, for the export of all that is held on them."""
    theirs = select(Unwanted).where(Unwanted.person == person).order_by(Unwanted.since, Unwanted.topic)
    return [{"unwanted": row.topic, "since": row.since} for row in db.scalars(theirs)]


def with_version(chosen: dict[str, bool]) -> dict[str, Any]:
    """Return the view with a `version`, which stands for what is chosen: a bit a topic."""
    return {**chosen, "version": sum(1 << n for n, topic in enumerate(TOPICS) if chosen[topic])}


def choose(
    db: OrmSession, person: str, wanted: dict[str, bool], now: datetime, version: int | None = None
) -> dict[str, bool]:
    """Note of some topics whether the person wants them; what is queued and unwanted goes. Returns the view.

    Raises NotFound where nobody of that id is known, or no longer; StaleVersion where `version` is given, and is not
    that of what is chosen now.
    """
    known = db.get(Person, person, with_for_update=True)
    if known is None or known.email is None:
        raise NotFound("Nobody is written to at this link any more.")
    if version is not None and version != with_version(view(db, person))["version"]:
        raise StaleVersion()
    for topic, wants in wanted.items():
        there = db.get(Unwanted, (person, topic))
        if wants and there is not None:
            db.delete(there)
        if not wants and there is None:
            db.add(Unwanted(person=person, topic=topic, since=now))
    off = [name for name, kind in MESSAGE_TYPES.items() if kind.topic is not None and wanted.get(kind.topic) is False]
    db.execute(delete(Message).where(Message.person == person, Message.state == "queued", Message.template.in_(off)))
    db.flush()
    return view(db, person)


def by_link(db: OrmSession, email_layout: EmailLayout, token: str) -> dict[str, Any]:
    """Return `{topic, wanted}` for the link in a message: the topic of the message, if it had one, and the view.

    Raises NotFound for a link that is not ours, or whose person is gone.
    """
    person, topic = _read(db, email_layout, token)
    known = db.get(Person, person)
    if known is None or known.email is None:
        raise NotFound("Nobody is written to at this link any more.")
    return {"topic": topic, "wanted": view(db, person)}


def choose_by_link(
    db: OrmSession, email_layout: EmailLayout, token: str, wanted: dict[str, bool], now: datetime
) -> dict[str, Any]:
    """Note what the person chose who came by the link in a message. Returns as `by_link` does. Raises NotFound."""
    person, topic = _read(db, email_layout, token)
    return {"topic": topic, "wanted": choose(db, person, wanted, now)}


def stop_by_link(db: OrmSession, email_layout: EmailLayout, token: str, now: datetime) -> dict[str, Any]:
    """Stop the messages of the topic that the link came with, all of them if with none. Raises NotFound."""
    _, topic = _read(db, email_layout, token)
    return choose_by_link(db, email_layout, token, dict.fromkeys([topic] if topic else TOPICS, False), now)


def erase(db: OrmSession, person: str) -> None:
    """Forget what a person chose."""
    db.execute(delete(Unwanted).where(Unwanted.person == person))


def _read(db: OrmSession, email_layout: EmailLayout, token: str) -> tuple[str, str | None]:
    """Return the person and the topic of a link; of an account that was merged, who has it now. Raises NotFound."""
    try:
        person, topic = email_layout.signer.loads(token)
    except (BadData, ValueError, TypeError) as error:
        raise NotFound("This link is not one of ours, or a part of it is missing.") from error
    known = db.get(Person, str(person))
    whose = Person.current(db, known.id).id if known else str(person)
    return whose, topic if topic in TOPICS else None
