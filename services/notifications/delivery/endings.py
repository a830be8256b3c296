"""How a queued message ends: sent or failed, and what is kept of it then."""

from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Select, Text, Update, bindparam, case, literal, null, or_, select, update
from sqlalchemy.orm import Session as OrmSession

from services.notifications.message_types import MESSAGE_TYPES, TO_AN_ADDRESS
from services.notifications.models import Message
from services.runtime.dialects import Moment

_OURS = Message.__table__.c
_QUEUED = _OURS.state == literal("queued", literal_execute=True)
_IS_OF_NOBODY = or_(_OURS.person.is_(None), _OURS.template.in_(TO_AN_ADDRESS))  # or is no longer theirs to read
_IS_FORGOTTEN = _OURS.template.in_([name for name, kind in MESSAGE_TYPES.items() if kind.names_others])
_ENDED: dict[str, Any] = {
    "finished_at": bindparam("now", type_=Moment),
    "leased_until": None,
    "facts": case((or_(_IS_OF_NOBODY, _IS_FORGOTTEN), null()), else_=_OURS.facts),  # of some, nor is the address kept
    "address": case((_IS_OF_NOBODY, null()), else_=_OURS.address),
}
_FAIL = (
    update(Message)
    .where(_OURS.id == bindparam("its_id"), _QUEUED)
    .values(**_ENDED, state="failed", subject=None, reason=bindparam("why"), error=bindparam("because"))
)


@cache
def _mark_sent(number: int) -> Update:
    """Return what ends so many messages as sent, and returns the ids of those that were still there to be ended."""
    ids = [bindparam(f"id_{n}", type_=Text) for n in range(number)]
    subjects = [(_OURS.id == id, bindparam(f"subject_{n}", type_=Text)) for n, id in enumerate(ids)]
    values = {**_ENDED, "state": "sent", "subject": case(*subjects), "reason": None, "error": None}
    there = _in_order(select(_OURS.id).where(_OURS.id.in_(ids), _QUEUED))
    return update(Message).where(there).values(values).returning(_OURS.id)


def _in_order(which: Select[str]) -> ColumnElement[bool]:
    """Return that a message is one of these, which are locked in the order of their ids: so no two wait in a circle."""
    locked = which.order_by(_OURS.id).with_for_update().cte("locked")
    return _OURS.id.in_(select(locked.c.id))


def end_sent(db: OrmSession, sent: list[tuple[str, str]], now: datetime) -> set[str]:
    """End messages, given with their subjects, as sent. Returns the ids of those that were no longer there for it."""
    values: dict[str, Any] = {"now": now}
    for n, (id, subject) in enumerate(sent):
        values |= {f"id_{n}": id, f"subject_{n}": subject}
    there = db.connection().execute(_mark_sent(len(sent)), values).scalars()
    return {id for id, _ in sent} - set(there)


def knows_nobody(db: OrmSession, id: str) -> bool:
    """Tell whether a message was erased while it was sent, as far as its row can say."""
    return db.scalar(select(_OURS.address).where(_OURS.id == id)) is None


def fail(db: OrmSession, message: Message, now: datetime, reason: str, error: str | None = None) -> None:
    """End a queued message as failed, unless its person was erased meanwhile, or another sender ended it."""
    said = {"its_id": message.id, "now": now, "why": reason, "because": error}
    db.connection().execute(_FAIL, said)
