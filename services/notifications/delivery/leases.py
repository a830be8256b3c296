"""Which messages a sender has in hand: leased for a short time, in the order of their causes.

One recipient's messages go out in that order. A message that must wait for an older one is leased to nobody until it is
worth looking at again, so that those behind it see that it is in their way. Codes for signing in wait for nobody; and
nobody waits for what is held back on purpose, or cannot be written.
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Integer, bindparam, func, literal, literal_column, or_, select, update
from sqlalchemy.orm import Session as OrmSession

from services.notifications.delivery.endings import fail
from services.notifications.delivery.superseded import superseded
from services.notifications.message_types import AT_ONCE
from services.notifications.messages import SENT
from services.notifications.models import Message, Undeliverable
from services.notifications.quiet_hours import end_of_quiet
from services.runtime.dialects import Moment

LEASE = timedelta(seconds=12)  # held by `hold`, which is to run far more often than this
LOOK_AGAIN = timedelta(seconds=1)  # when a message is looked at again that must wait for one that is on its way
LOOK_AGAIN_AT_LATEST = timedelta(minutes=1)  # the same for one that waits itself

under_way: set[str] = set()  # the messages that this process is sending, or has sent and not yet written down


# Written once: each letter passes here, and building a statement costs more than running it.
_OURS = Message.__table__.c
_NOW = bindparam("now", type_=Moment)
_AS_QUEUED = literal("queued", literal_execute=True)  # written out: SQLite uses no partial index otherwise
_QUEUED = _OURS.state == _AS_QUEUED
NEXT_DUE = (
    select(_OURS.id)
    .where(_QUEUED, _OURS.due_at <= _NOW, or_(_OURS.leased_until.is_(None), _OURS.leased_until <= _NOW))
    .order_by(_OURS.urgency, _OURS.due_at, _OURS.created_at, _OURS.booking_version)
    .limit(bindparam("most", type_=Integer))
    .with_for_update(skip_locked=True)
)
_DUE = NEXT_DUE.cte("due")  # so that PostgreSQL looks for them once, and locks no more of them


def _column(table: str, name: str) -> ColumnElement[Any]:
    """Return a column with its table's name, which SQLAlchemy leaves out of all that is in SQLite's RETURNING."""
    return literal_column(f"{table}.{name}", _OURS[name].type)


_EARLIER = Message.__table__.alias("earlier")
_IS_SIGN_IN_CODE = _column("messages", "urgency") == AT_ONCE
# Asked of the few messages that were found, and not of the whole queue: that would cost more with each that waits.
_IN_THE_WAY = (
    select(_column("earlier", "id"))
    .select_from(_EARLIER)
    .where(
        _column("earlier", "recipient") == _column("messages", "recipient"),
        _column("earlier", "state") == _AS_QUEUED,
        _column("earlier", "created_at") < _column("messages", "created_at"),
        _column("earlier", "urgency") > AT_ONCE,
        _column("earlier", "reason").is_(None),  # and so no DEFECT
        or_(
            _column("earlier", "due_at") <= _NOW,
            _column("earlier", "leased_until") > _NOW,
            _column("earlier", "attempts") > 0,
        ),
        ~_IS_SIGN_IN_CODE,
    )
    .order_by(_column("earlier", "created_at"))
    .limit(1)
)
# SQLite 3.40 takes `resend_of IS NULL` for false in RETURNING, because there is an index of those that are not null.
_MARKED = (
    select(literal(1))
    .select_from(Undeliverable)
    .where(literal_column("undeliverable.address") == func.lower(_column("messages", "address")), ~_IS_SIGN_IN_CODE)
    .where(func.coalesce(_column("messages", "resend_of"), "") == "")  # of a resend, the team has talked to the person
)
_LATER = Message.__table__.alias("later")
_NEWER_SENT = (
    select(literal(1))
    .select_from(_LATER)
    .where(
        _column("later", "booking") == _column("messages", "booking"),
        _column("later", "booking_version") > _column("messages", "booking_version"),
        _column("later", "state").in_([literal(state, literal_execute=True) for state in SENT]),
    )
)
_LEASE = (
    update(Message)
    .where(Message.id.in_(select(_DUE.c.id)))
    .values(leased_until=bindparam("until", type_=Moment), attempts=Message.attempts + 1)
    .returning(Message, _MARKED.exists(), _NEWER_SENT.exists(), _IN_THE_WAY.scalar_subquery())
    .execution_options(synchronize_session=False, populate_existing=True)
)
_GIVE_BACK = (
    update(Message)
    .where(_OURS.id == bindparam("its_id"), _QUEUED, _OURS.attempts == bindparam("tries"))
    .values(leased_until=None, attempts=_OURS.attempts - 1)
)
_HOLD = (
    update(Message)
    .where(_OURS.id == bindparam("its_id"), _QUEUED)
    .values(leased_until=bindparam("until", type_=Moment))
)


def take(db: OrmSession, now: datetime, most: int) -> list[Message]:
    """Return the next messages to send, leased; put behind what must wait for another, and end what is superseded."""
    taken: list[Message] = []
    leasing = {"now": now, "until": now + LEASE, "most": most}
    while not taken and (rows := db.execute(_LEASE, leasing).all()):
        done_with: set[str] = set()  # what others of these may wait for, as it goes now or not at all
        for message, is_marked, newer_sent, in_the_way in sorted(rows, key=lambda row: row[0].created_at):
            if is_marked:
                fail(db, message, now, "address_marked")
            elif (reason := superseded(db, message, now, newer_sent=newer_sent)) is not None:
                fail(db, message, now, reason)
            elif message.may_wait and (morning := end_of_quiet(now)) > now:
                # Without an attempt it holds up nobody till then.
                message.due_at, message.leased_until, message.attempts = morning, None, 0
                continue
            elif in_the_way in done_with:
                message.leased_until, message.attempts = None, message.attempts - 1  # the next ones are taken soon
                continue
            elif in_the_way is not None:
                _put_behind(db, message, in_the_way, now)
                continue
            else:
                taken.append(message)
            done_with.add(message.id)
        db.flush()
    for message in taken:
        db.expunge(message)
    return sorted(taken, key=lambda one: (one.urgency, one.due_at, one.created_at, one.booking_version or 0))


def hold(db: OrmSession, now: datetime) -> None:
    """Hold on to what this process is sending: a server may take minutes to answer."""
    if ours := sorted(under_way):  # one after the other, in one order: so no two transactions wait in a circle
        db.connection().execute(_HOLD, [{"its_id": id, "until": now + LEASE} for id in ours])


def give_back(db: OrmSession, message: Message) -> None:
    """Leave a leased message to others, as if it had not been taken."""
    db.connection().execute(_GIVE_BACK, {"its_id": message.id, "tries": message.attempts})


def _put_behind(db: OrmSession, message: Message, older: str, now: datetime) -> None:
    """Have the message wait for an older one; end that if it is superseded, and hurry it if nothing else holds it up.

    Whoever has the older one in hand is not waited for: two senders could wait for each other.
    """
    there = select(Message).where(Message.id == older, Message.state == "queued")
    first = db.scalar(there.with_for_update(skip_locked=True).execution_options(populate_existing=True))
    again = now + LOOK_AGAIN
    if first is not None and (first.leased_until is None or first.leased_until <= now):
        if (reason := superseded(db, first, now)) is not None:
            fail(db, first, now, reason)
            again = now
        elif first.due_at > now:
            again = min(first.due_at, now + LOOK_AGAIN_AT_LATEST)
        else:
            first.urgency, again = min(first.urgency, message.urgency), now
    message.due_at, message.leased_until, message.attempts = max(again, now), again, message.attempts - 1
    db.flush()
