"""Messages as rows: written in the transaction of the event that causes them, and delivered afterwards."""

import uuid
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from sqlalchemy import and_, delete, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session as OrmSession

from services.bus.envelope import as_json
from services.bus.outbox import nudge
from services.notifications.models import Facts, Message

_QUEUE = {
    "postgresql": postgresql.insert(Message).on_conflict_do_nothing(),
    "sqlite": sqlite.insert(Message).on_conflict_do_nothing(),
}

AT_ONCE, SOON, IN_TURN = 0, 1, 2  # somebody waits at a screen; one person's own booking; news to many at a time


class Cause(Protocol):
    """Why messages are written: an event, or a mailing of the team."""

    @property
    def id(self) -> str: ...

    @property
    def correlation_id(self) -> str | None: ...


@dataclass(frozen=True)
class Draft:
    """What is to be said, and to whom. `facts` (JSON values and datetimes) fill in the template.

    `part` tells apart what one cause has to say to one person by the same template.
    """

    template: str
    recipient: str
    address: str
    facts: Facts
    urgency: int
    person: str | None = None
    booking: str | None = None
    booking_version: int | None = None
    expires_at: datetime | None = None
    part: int = 0


def queue(db: OrmSession, cause: Cause, drafts: Sequence[Draft], now: datetime) -> None:
    """Queue what `cause` is the cause of; what the same one queued before is left as it is.

    What one person is told is a microsecond apart, so that it is sent in the order in which it is given.
    """
    if not drafts:
        return
    db.flush()
    statement = _QUEUE[db.get_bind().dialect.name]
    db.connection().execute(statement, list(_rows(cause, drafts, now)))
    nudge(db, "deliver")


def _rows(cause: Cause, drafts: Sequence[Draft], now: datetime) -> Iterator[dict[str, Any]]:
    behind = Counter(draft.recipient for draft in drafts)
    for draft in drafts:
        behind[draft.recipient] -= 1
        yield _row(cause, draft, now - timedelta(microseconds=behind[draft.recipient]))


def _row(cause: Cause, draft: Draft, now: datetime) -> dict[str, Any]:
    return {
        **asdict(draft),
        "facts": as_json(draft.facts),
        "id": str(uuid.uuid4()),
        "event_id": cause.id,
        "correlation_id": cause.correlation_id,
        "state": "queued",
        "attempts": 0,
        "created_at": now,
        "due_at": now,
    }


def redirect(db: OrmSession, person: str, address: str) -> None:
    """Send what is still queued for a person to their new address."""
    db.execute(update(Message).where(Message.person == person, Message.state == "queued").values(address=address))


def erase(db: OrmSession, person: str, address: str | None) -> None:
    """Drop what is queued for a person, and leave of the rest only that a message of its kind was sent or failed."""
    theirs = Message.person == person
    if address:  # sign-in codes know no person, only where they go
        theirs = or_(theirs, and_(Message.person.is_(None), Message.address == address))
    db.execute(delete(Message).where(theirs, Message.state == "queued"))
    nobody = {"recipient": Message.id, "person": None, "booking": None, "booking_version": None, "address": None}
    db.execute(update(Message).where(theirs).values(**nobody, facts=None, subject=None, error=None))


def messages_of(db: OrmSession, person: str) -> list[dict[str, Any]]:
    """Return what was written to a person, oldest first, for the export of all that is held on them."""
    theirs = select(Message).where(Message.person == person).order_by(Message.created_at, Message.id)
    return [
        {
            "template": message.template,
            "address": message.address,
            "subject": message.subject,
            "booking": message.booking,
            "state": message.state,
            "queued_at": message.created_at,
            "finished_at": message.finished_at,
            "reason": message.reason,
        }
        for message in db.scalars(theirs)
    ]
