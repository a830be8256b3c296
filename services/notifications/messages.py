"""Messages as rows: written in the transaction of the event that causes them, and delivered afterwards."""

import uuid
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol, Self

from sqlalchemy import and_, delete, or_, select, update
from sqlalchemy.orm import Session as OrmSession

from services.bus.envelope import as_json
from services.bus.outbox import wake
from services.notifications import preferences, voices
from services.notifications.message_types import MESSAGE_TYPES, MessageType
from services.notifications.models import Facts, Message, Person
from services.notifications.quiet_hours import can_wait_for, end_of_quiet
from services.runtime import tracing
from services.runtime.dialects import upsert

COLUMNS = ("template", "recipient", "address", "person", "booking", "booking_version", "session", "expires_at", "part",
           "resend_of", "resent_by")  # fmt: skip
SENT = ("sent", "delivered", "bounced")  # states of what has left us
_REMINDERS = [template for template, kind in MESSAGE_TYPES.items() if kind.topic == "reminders"]
# With RETURNING many rows are one statement: SQLAlchemy writes each by itself where there is only ON CONFLICT.
_queued = upsert(lambda insert: insert(Message.__table__).on_conflict_do_nothing().returning(Message.__table__.c.id))


class Cause(Protocol):
    """Why messages are written: an event, a mailing of the team, or that it is time."""

    @property
    def id(self) -> str: ...

    @property
    def correlation_id(self) -> str | None: ...


@dataclass(frozen=True)
class Draft:
    """What is to be said, and to whom. `facts` (JSON values and datetimes) fill in the template.

    `matters_at` is when it is too late to hear of it, `asked_for` whether the person has just done what it tells of,
    and `at_once` whether they may be misled until they read it: these say whether it may wait in quiet hours.
    `part` tells apart what one cause has to say to one person by the same template; `urgency` is
    that of its kind, unless it goes with a message of another one.
    """

    template: str
    recipient: str
    address: str
    facts: Facts
    person: str | None = None
    booking: str | None = None
    booking_version: int | None = None
    session: str | None = None
    expires_at: datetime | None = None
    matters_at: datetime | None = None
    asked_for: bool = False
    at_once: bool = False
    part: int = 0
    urgency: int | None = None
    resend_of: str | None = None
    resent_by: str | None = None

    @classmethod
    def to_person(cls, person: Person, template: str, facts: Facts, **more: Any) -> Self:
        """Return what is to be said to somebody who has an account; `more` are the other fields."""
        return cls(template, person.id, str(person.email), facts, person=person.id, **more)

    @property
    def kind(self) -> MessageType:
        """What kind of message it is."""
        return MESSAGE_TYPES[self.template]

    def may_wait(self, now: datetime) -> bool:
        """Tell whether it is as well read after the quiet hours, if `now` is in them."""
        return self.kind.can_wait and not (self.asked_for or self.at_once) and can_wait_for(self.matters_at, now)


@dataclass(frozen=True)
class Said:
    """What is to be queued: what `cause` is the cause of, as people want it, and the trace that it belongs to."""

    cause: Cause
    drafts: Sequence[Draft]
    at: datetime
    traceparent: str | None


def queue(db: OrmSession, cause: Cause, drafts: Sequence[Draft], now: datetime) -> None:
    """Queue what `cause` is the cause of, for those who want it; what the same one queued before is left as it is.

    What one person is told is a microsecond apart, so that it is sent in the order in which it is given.
    """
    queue_all(db, [say(db, cause, drafts, now)])


def say(db: OrmSession, cause: Cause, drafts: Sequence[Draft], now: datetime) -> Said | None:
    """Return what `queue_all` is to queue of this; None where nobody wants any of it."""
    wanted = preferences.without_unwanted(db, drafts)
    if not wanted:
        return None
    attributes = {"headrow.emails": len(wanted)}
    with tracing.span("notifications", "internal", "queue email", attributes) if tracing.on else tracing.NOTHING:
        return Said(cause, wanted, now, tracing.carried() if tracing.on else None)


def queue_all(db: OrmSession, those: Sequence[Said | None]) -> None:
    """Queue what several causes are the cause of, as `queue` does of one."""
    said = [one for one in those if one is not None]
    if not said:
        return
    db.flush()
    kinds = voices.voices_of(db, {draft.template for one in said for draft in one.drafts})
    db.connection().execute(_queued(db), [row for one in said for row in _rows(one, kinds)])
    wake(db, "deliver")


def _rows(said: Said, kinds: dict[str, voices.Voice]) -> Iterator[dict[str, Any]]:
    behind = Counter(draft.recipient for draft in said.drafts)
    for draft in said.drafts:
        behind[draft.recipient] -= 1
        at = said.at - timedelta(microseconds=behind[draft.recipient])
        yield _row(said, draft, at, kinds[draft.template])


def _row(said: Said, draft: Draft, now: datetime, voice: voices.Voice) -> dict[str, Any]:
    may_wait = draft.may_wait(now)
    facts = {"voice": voice, **draft.facts} if voice else draft.facts  # of what is said again, as it was said first
    return {
        **{name: getattr(draft, name) for name in COLUMNS},
        "facts": as_json(facts),
        "urgency": draft.kind.urgency if draft.urgency is None else draft.urgency,
        "may_wait": may_wait,
        "id": str(uuid.uuid4()),
        "event_id": said.cause.id,
        "correlation_id": said.cause.correlation_id,
        "traceparent": said.traceparent,
        "state": "queued",
        "attempts": 0,
        "created_at": now,
        "due_at": end_of_quiet(now) if may_wait else now,
    }


def hurry(db: OrmSession, bookings: Sequence[str], now: datetime) -> None:
    """Have what waits for the morning about these bookings go now, so that it comes before what cannot wait.

    Reminders wait on: they say what is right when they go.
    """
    waiting = (Message.booking.in_(bookings), Message.state == "queued", Message.may_wait)
    theirs = update(Message).where(*waiting, Message.template.not_in(_REMINDERS))
    db.execute(theirs.values(may_wait=False, due_at=now))


def redirect(db: OrmSession, person: str, address: str) -> None:
    """Send what is still queued for a person to their new address."""
    db.execute(update(Message).where(Message.person == person, Message.state == "queued").values(address=address))


def erase(db: OrmSession, person: str, addresses: Sequence[str]) -> set[str]:
    """Drop what is queued for a person, and leave of the rest only that a message of its kind was sent or failed.

    `addresses` are theirs; what someone else has by now is left alone. Returns the ids of all of them.
    """
    theirs = or_(Message.person == person, Message.recipient == recipient_at_addresses(person))
    others = select(Person.email).where(Person.email.in_(addresses), Person.id != person)
    own = and_(Message.address.in_(addresses), Message.address.not_in(others))  # codes know only where they go
    theirs = or_(theirs, and_(Message.template == "sign_in", own))
    ids = set(db.scalars(select(Message.id).where(theirs)))
    db.execute(delete(Message).where(theirs, Message.state == "queued"))
    nobody = {"recipient": Message.id, "person": None, "booking": None, "booking_version": None, "address": None}
    db.execute(update(Message).where(theirs).values(**nobody, facts=None, subject=None, error=None))
    db.execute(update(Message).where(Message.resent_by == person).values(resent_by=None))
    return ids


def recipient_at_addresses(person: str) -> str:
    """Return who messages to old and new addresses of a person are for: not for the person, whose address changes."""
    return f"email-changes/{person}"


def messages_of(db: OrmSession, person: str) -> list[dict[str, Any]]:
    """Return what was written to a person, oldest first, for the export of all that is held on them."""
    accounts = {person, *db.scalars(select(Person.id).where(Person.merged_into == person))}
    theirs = select(Message).where(Message.person.in_(accounts)).order_by(Message.created_at, Message.id)
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
            "facts": message.facts,
            "sent_again": message.resend_of is not None,
        }
        for message in db.scalars(theirs)
    ]
