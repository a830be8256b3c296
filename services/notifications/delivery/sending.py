"""Delivery: takes one queued message at a time, sends it outside any transaction, and writes down what came of it.

A message is leased while it is sent, so that several senders share the work, and so that the death of one puts it off
and does not lose it. Leases are short, and held for as long as the sending takes. What was sent by a process that died
before it could say so is sent again, under the same Message-ID: at least once is all that mail can promise.

One recipient's messages go out in the order of their causes. A message that must wait for an older one is leased to
nobody until it is worth looking at again, so that those behind it see that it is in their way. Codes for signing in
wait for nobody; and nobody waits for what is held back on purpose, or cannot be written.
"""

import logging
import random
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, bindparam, case, func, literal, literal_column, null, or_, select, update
from sqlalchemy.orm import Session as OrmSession

from services.notifications.composing.email_layout import EmailLayout
from services.notifications.delivery import addresses, rate_limit
from services.notifications.delivery.superseded import superseded
from services.notifications.delivery.transports import NotDelivered, Refused, Transport, Unreachable
from services.notifications.emails import compose
from services.notifications.message_types import AT_ONCE, MESSAGE_TYPES, TO_AN_ADDRESS
from services.notifications.messages import SENT
from services.notifications.models import Message, Undeliverable
from services.notifications.quiet_hours import end_of_quiet
from services.runtime import correlation, tracing
from services.runtime.dialects import Moment

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=12)  # held by `hold_leases`, which is to run far more often than this
FIRST_RETRY, LONGEST_RETRY = 5.0, 3600.0  # seconds
GIVE_UP_AFTER = timedelta(hours=72)
FEWEST_ATTEMPTS = 7  # before giving up: a clock that jumps, or a weekend without senders, is no mail server's fault
LOOK_AGAIN = timedelta(seconds=1)  # when a message is looked at again that must wait for one that is on its way
LOOK_AGAIN_AT_LATEST = timedelta(minutes=1)  # the same for one that waits itself
LONGEST_PAUSE = 1.0  # seconds that a sender sleeps because of the limit, before it lets a stop have its say
GIVEN_UP = ("refused", "gave_up")  # the reasons of a message that failed although it was worth sending
DEFECT = "defect"  # the reason of a queued message that could not be written: it holds up no other

Begin = Callable[[], AbstractContextManager[OrmSession]]
WriteDown = Callable[[OrmSession], None]

_under_way: set[str] = set()  # the messages that this process is sending


# Written once: each letter passes here, and building a statement costs more than running it.
_OURS = Message.__table__.c
_NOW = bindparam("now", type_=Moment)
_AS_QUEUED = literal("queued", literal_execute=True)  # written out: SQLite uses no partial index otherwise
_QUEUED = _OURS.state == _AS_QUEUED
NEXT_DUE = (
    select(_OURS.id)
    .where(_QUEUED, _OURS.due_at <= _NOW, or_(_OURS.leased_until.is_(None), _OURS.leased_until <= _NOW))
    .order_by(_OURS.urgency, _OURS.due_at, _OURS.created_at, _OURS.booking_version)
    .limit(1)
    .with_for_update(skip_locked=True)
)


def _column(table: str, name: str) -> ColumnElement[Any]:
    """Return a column with its table's name, which SQLAlchemy leaves out of all that is in SQLite's RETURNING."""
    return literal_column(f"{table}.{name}", _OURS[name].type)


_EARLIER = Message.__table__.alias("earlier")
_IS_SIGN_IN_CODE = _column("messages", "urgency") == AT_ONCE
# Asked of the one message that was found, and not of the whole queue: that would cost more with each one that waits.
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
    .where(Message.id == NEXT_DUE.scalar_subquery())
    .values(leased_until=bindparam("until", type_=Moment), attempts=Message.attempts + 1)
    .returning(Message, _MARKED.exists(), _NEWER_SENT.exists(), _IN_THE_WAY.scalar_subquery())
    .execution_options(synchronize_session=False, populate_existing=True)
)
_IS_OF_NOBODY = or_(_OURS.person.is_(None), _OURS.template.in_(TO_AN_ADDRESS))  # or is no longer theirs to read
_IS_FORGOTTEN = _OURS.template.in_([name for name, kind in MESSAGE_TYPES.items() if kind.names_others])
_END = (
    update(Message)
    .where(_OURS.id == bindparam("its_id"), _QUEUED)
    .values(
        state=bindparam("ended"),
        finished_at=_NOW,
        leased_until=None,
        subject=bindparam("its_subject"),
        reason=bindparam("why"),
        error=bindparam("because"),
        facts=case((or_(_IS_OF_NOBODY, _IS_FORGOTTEN), null()), else_=_OURS.facts),  # of some, nor is the address kept
        address=case((_IS_OF_NOBODY, null()), else_=_OURS.address),
    )
)


def deliver_next(
    begin: Begin,
    transport: Transport,
    email_layout: EmailLayout,
    now: Callable[[], datetime],
    roll: Callable[[], float] = random.random,
    most: int = 1,
    per_minute: int = 0,
    pause: Callable[[float], None] = time.sleep,
) -> bool:
    """Deliver the most urgent message that is due, and so on, `most` at a time. Returns whether to come back at once.

    What came of one is written down in the transaction that takes the next. `begin` opens a transaction; none is open
    while the transport is at work. `roll` gives 0 to 1, for the jitter. All senders together hand over no more than
    `per_minute` letters in any minute (0: no limit); `pause` sleeps for some seconds until there may be another.
    """
    write_down: WriteDown | None = None
    for _ in range(most):
        with begin() as db:
            if write_down is not None:
                write_down(db)
            wait = rate_limit.take(db, per_minute, now()) if per_minute else None
            message = None if wait else _take(db, now())
            if message is None and per_minute and not wait:
                rate_limit.give_back(db, now())
        if wait:
            pause(min(wait.total_seconds(), LONGEST_PAUSE))
            return True
        if message is None:
            transport.rest()
            return False
        write_down, reachable = _deliver(transport, email_layout, message, now, roll)
        if not reachable:
            break
    assert write_down is not None
    with begin() as db:
        write_down(db)
    return reachable


def _take(db: OrmSession, now: datetime) -> Message | None:
    """Return the next message to send, leased; put behind what must wait for another, and end what is superseded."""
    while (row := db.execute(_LEASE, {"now": now, "until": now + LEASE}).first()) is not None:
        message: Message = row[0]
        is_marked, newer_sent, in_the_way = row[1:]
        if is_marked:
            _end(db, message, "failed", now, reason="address_marked")
        elif (reason := superseded(db, message, now, newer_sent=newer_sent)) is not None:
            _end(db, message, "failed", now, reason=reason)
        elif message.may_wait and (morning := end_of_quiet(now)) > now:
            message.due_at, message.leased_until, message.attempts = morning, None, 0  # it holds up nobody till then
            db.flush()
        elif in_the_way is not None:
            _put_behind(db, message, in_the_way, now)
        else:
            db.expunge(message)
            return message
    return None


def hold_leases(db: OrmSession, now: datetime) -> None:
    """Hold on to what this process is sending: a server may take minutes to answer."""
    if ours := sorted(_under_way):
        held = update(Message).where(Message.id.in_(ours), Message.state == "queued")
        db.execute(held.values(leased_until=now + LEASE))


def _deliver(
    transport: Transport,
    email_layout: EmailLayout,
    message: Message,
    now: Callable[[], datetime],
    roll: Callable[[], float],
) -> tuple[WriteDown, bool]:
    """Send one message; return what writes down what came of it, and whether the transport can be reached."""
    _under_way.add(message.id)
    try:
        with correlation.following(message.correlation_id), _traced(message) if tracing.on else tracing.NOTHING:
            letter = compose(message, email_layout)
            transport.send(letter)
    except NotDelivered as error:
        log.warning("message %s (%s) was not delivered: %s", message.id, message.template, error)
        return _not_sent(message, error, now, roll), not isinstance(error, Unreachable)
    except Exception as error:  # a defect of ours, in this letter: it must not stop the others, and it may be mended
        log.exception("message %s (%s) cannot be written", message.id, message.template)
        return _not_sent(message, error, now, roll), True
    finally:
        _under_way.discard(message.id)
    return lambda db: _mark_sent(db, transport, message, letter.subject, now()), True


def _traced(message: Message) -> AbstractContextManager[tracing.Span | None]:
    """Trace the sending as a part of what the message was queued by, however long ago: its address is not told."""
    attributes = {"headrow.message": message.id, "headrow.template": message.template}
    return tracing.span("notifications", "client", "send email", attributes, after=message.traceparent)


def _not_sent(message: Message, error: Exception, now: Callable[[], datetime], roll: Callable[[], float]) -> WriteDown:
    return lambda db: _mark_not_sent(db, message, error, now(), roll())


def retry_after(attempts: int, roll: float) -> timedelta:
    """Return how long to wait after this many attempts: 5 s, three times as long each time, at most an hour.

    `roll`, 0 to 1, adds up to a fifth (never beyond the hour), so that what failed together does not return together.
    """
    steps = min(attempts - 1, 8)  # 3**8 times 5 s is beyond the hour, and a power can grow too large for a number
    return timedelta(seconds=min(FIRST_RETRY * 3.0**steps * (1 + roll / 5), LONGEST_RETRY))


def _put_behind(db: OrmSession, message: Message, older: str, now: datetime) -> None:
    """Have the message wait for an older one; end that if it is superseded, and hurry it if nothing else holds it up.

    Whoever has the older one in hand is not waited for: two senders could wait for each other.
    """
    there = select(Message).where(Message.id == older, Message.state == "queued")
    first = db.scalar(there.with_for_update(skip_locked=True).execution_options(populate_existing=True))
    again = now + LOOK_AGAIN
    if first is not None and (first.leased_until is None or first.leased_until <= now):
        if (reason := superseded(db, first, now)) is not None:
            _end(db, first, "failed", now, reason=reason)
            again = now
        elif first.due_at > now:
            again = min(first.due_at, now + LOOK_AGAIN_AT_LATEST)
        else:
            first.urgency, again = min(first.urgency, message.urgency), now
    message.due_at, message.leased_until, message.attempts = max(again, now), again, message.attempts - 1
    db.flush()


def _mark_sent(db: OrmSession, transport: Transport, sent: Message, subject: str, now: datetime) -> None:
    if not _end(db, sent, "sent", now, subject=subject) and _knows_nobody(db, sent.id):
        transport.forget(None, {sent.id})


def _knows_nobody(db: OrmSession, id: str) -> bool:
    """Tell whether a message was erased while it was sent, as far as its row can say."""
    return db.scalar(select(_OURS.address).where(_OURS.id == id)) is None


def _mark_not_sent(db: OrmSession, tried: Message, failure: Exception, now: datetime, roll: float) -> None:
    message = db.get(Message, tried.id, with_for_update=True)
    if message is None or message.state != "queued" or message.attempts != tried.attempts:
        return  # the lease ran out, and another sender has it now
    error, again = str(failure) or repr(failure), now + retry_after(message.attempts, roll)
    if isinstance(failure, Refused):
        _end(db, message, "failed", now, reason="refused", error=error)
        if failure.recipient:
            addresses.mark_refused(db, str(tried.address), error, message.id, now)
    elif again > message.created_at + GIVE_UP_AFTER and message.attempts >= FEWEST_ATTEMPTS:
        _end(db, message, "failed", now, reason="gave_up", error=error)
    else:
        message.due_at, message.leased_until, message.error = again, None, error
        message.reason = None if isinstance(failure, NotDelivered) else DEFECT


def _end(
    db: OrmSession,
    message: Message,
    state: str,
    now: datetime,
    *,
    subject: str | None = None,
    reason: str | None = None,
    error: str | None = None,
) -> bool:
    """End a queued message as `sent` or `failed`. Returns whether it was still there to be ended."""
    ended = {"its_id": message.id, "ended": state, "now": now}
    said = {"its_subject": subject, "why": reason, "because": error}
    # No row: its person was erased meanwhile, or another sender ended it.
    return bool(db.connection().execute(_END, {**ended, **said}).rowcount)
