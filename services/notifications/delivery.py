"""Delivery: takes one queued message at a time, sends it outside any transaction, and writes down what came of it.

A message is leased while it is sent, so that several senders share the work, and so that the death of one puts it off
and does not lose it. Leases are short, and held for as long as the sending takes. What was sent by a process that died
before it could say so is sent again, under the same Message-ID: at least once is all that mail can promise.
"""

import logging
import random
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta

from sqlalchemy import bindparam, case, literal, null, or_, select, update
from sqlalchemy.orm import Session as OrmSession

from services.bus import correlation
from services.bus.models import Moment
from services.notifications import events
from services.notifications.letterhead import Letterhead
from services.notifications.letters import compose
from services.notifications.models import Booking, Message
from services.notifications.transports import NotDelivered, Refused, Transport, Unreachable

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=12)  # held by `hold_leases`, which is to run far more often than this
FIRST_RETRY, LONGEST_RETRY = 5.0, 3600.0  # seconds
GIVE_UP_AFTER = timedelta(hours=72)
PUT_BEHIND = timedelta(seconds=1)  # when a message is looked at again that must wait for another
FRESH = timedelta(minutes=1)  # a message this young is sent even if the next one about its booking is already there

Begin = Callable[[], AbstractContextManager[OrmSession]]
WriteDown = Callable[[OrmSession], None]

_under_way: set[str] = set()  # the messages that this process is sending


# Written once: each letter passes here, and building a statement costs more than running it.
_OURS = Message.__table__.c
_NOW = bindparam("now", type_=Moment)
_QUEUED = _OURS.state == literal("queued", literal_execute=True)  # written out: SQLite uses no partial index otherwise
NEXT_DUE = (
    select(_OURS.id)
    .where(_QUEUED, _OURS.due_at <= _NOW, or_(_OURS.leased_until.is_(None), _OURS.leased_until <= _NOW))
    .order_by(_OURS.urgency, _OURS.due_at, _OURS.booking_version)
    .limit(1)
    .with_for_update(skip_locked=True)
)
_LEASE = (
    update(Message)
    .where(Message.id == NEXT_DUE.scalar_subquery())
    .values(leased_until=bindparam("until", type_=Moment), attempts=Message.attempts + 1)
    .returning(Message)
    .execution_options(synchronize_session=False)
)
_OLDER = (
    select(_OURS.id)
    .where(
        _OURS.booking == bindparam("its_booking"),
        _QUEUED,
        _OURS.created_at < bindparam("before", type_=Moment),
        or_(_OURS.due_at <= _NOW, _OURS.leased_until > _NOW),
    )
    .limit(1)
)
_NEWER_SENT = (
    select(_OURS.id)
    .where(
        _OURS.booking == bindparam("its_booking"),
        _OURS.state == literal("sent", literal_execute=True),
        _OURS.booking_version > bindparam("its_version"),
    )
    .limit(1)
)
_IS_SIGN_IN = _OURS.template == "sign_in"
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
        facts=case((_IS_SIGN_IN, null()), else_=_OURS.facts),  # of a sign-in, neither the code nor the address is kept
        address=case((_IS_SIGN_IN, null()), else_=_OURS.address),
    )
)


def deliver_next(
    begin: Begin,
    transport: Transport,
    letterhead: Letterhead,
    now: Callable[[], datetime],
    roll: Callable[[], float] = random.random,
    most: int = 1,
) -> bool:
    """Deliver the most urgent message that is due, and so on, `most` at a time. Returns whether to come back at once.

    What came of one is written down in the transaction that takes the next. `begin` opens a transaction; none is open
    while the transport is at work. `roll` gives 0 to 1, for the jitter.
    """
    write_down: WriteDown | None = None
    for _ in range(most):
        with begin() as db:
            if write_down is not None:
                write_down(db)
            message = _take(db, now())
        if message is None:
            transport.rest()
            return False
        write_down, reachable = _deliver(transport, letterhead, message, now, roll)
        if not reachable:
            break
    assert write_down is not None
    with begin() as db:
        write_down(db)
    return reachable


def _take(db: OrmSession, now: datetime) -> Message | None:
    """Return the next message to send, leased; put behind what must wait for another, and end what is pointless."""
    while (message := db.scalar(_LEASE, {"now": now, "until": now + LEASE})) is not None:
        if _comes_after_another(db, message, now):
            message.due_at, message.leased_until, message.attempts = now + PUT_BEHIND, None, message.attempts - 1
            db.flush()
        elif (reason := _pointless(db, message, now)) is not None:
            _end(db, message, "failed", now, reason=reason)
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
    letterhead: Letterhead,
    message: Message,
    now: Callable[[], datetime],
    roll: Callable[[], float],
) -> tuple[WriteDown, bool]:
    """Send one message; return what writes down what came of it, and whether the transport can be reached."""
    _under_way.add(message.id)
    try:
        with correlation.following(message.correlation_id):
            letter = compose(message, letterhead)
            transport.send(letter)
    except NotDelivered as error:
        log.warning("message %s (%s) was not delivered: %s", message.id, message.template, error)
        return _not_sent(message, error, now, roll), not isinstance(error, Unreachable)
    except Exception as error:  # a defect of ours, in this letter: it must not stop the others, and it may be mended
        log.exception("message %s (%s) cannot be written", message.id, message.template)
        return _not_sent(message, error, now, roll), True
    finally:
        _under_way.discard(message.id)
    return _later(message, lambda db: _end(db, message, "sent", now(), subject=letter.subject)), True


def _not_sent(message: Message, error: Exception, now: Callable[[], datetime], roll: Callable[[], float]) -> WriteDown:
    return _later(message, lambda db: _mark_not_sent(db, message, error, now(), roll()))


def _later(message: Message, write: WriteDown) -> WriteDown:
    """Have `write` done later as it would be now: under the correlation id of the message."""

    def write_down(db: OrmSession) -> None:
        with correlation.following(message.correlation_id):
            write(db)

    return write_down


def retry_after(attempts: int, roll: float) -> timedelta:
    """Return how long to wait after this many attempts: 5 s, three times as long each time, at most an hour.

    `roll`, 0 to 1, adds up to a fifth (never beyond the hour), so that what failed together does not return together.
    """
    steps = min(attempts - 1, 8)  # 3**8 times 5 s is beyond the hour, and a power can grow too large for a number
    return timedelta(seconds=min(FIRST_RETRY * 3.0**steps * (1 + roll / 5), LONGEST_RETRY))


def _comes_after_another(db: OrmSession, message: Message, now: datetime) -> bool:
    """Tell whether an older message about the same booking is due or on its way: people read them in order.

    Asked of the one message that was found, not of the whole queue in its query: that would cost more with each message
    that waits, and most just when many wait.
    """
    if message.booking is None:
        return False
    asked = {"its_booking": message.booking, "before": message.created_at, "now": now}
    return db.connection().execute(_OLDER, asked).first() is not None


def _pointless(db: OrmSession, message: Message, now: datetime) -> str | None:
    """Return why the message need not be sent any more, or None."""
    if message.expires_at and message.expires_at <= now:
        return "expired"
    if message.booking is None:
        return None
    if message.created_at <= now - FRESH:
        booking = db.get(Booking, message.booking)
        if booking is not None and booking.version != message.booking_version:
            return "overtaken"
    asked = {"its_booking": message.booking, "its_version": message.booking_version}
    return "overtaken" if db.connection().execute(_NEWER_SENT, asked).first() else None


def _mark_not_sent(db: OrmSession, tried: Message, failure: Exception, now: datetime, roll: float) -> None:
    message = db.get(Message, tried.id, with_for_update=True)
    if message is None or message.state != "queued" or message.attempts != tried.attempts:
        return  # the lease ran out, and another sender has it now
    error, again = str(failure) or repr(failure), now + retry_after(message.attempts, roll)
    if isinstance(failure, Refused):
        _end(db, message, "failed", now, reason="refused", error=error)
    elif again > message.created_at + GIVE_UP_AFTER:
        _end(db, message, "failed", now, reason="gave_up", error=error)
    else:
        message.due_at, message.leased_until, message.error = again, None, error


def _end(
    db: OrmSession,
    message: Message,
    state: str,
    now: datetime,
    *,
    subject: str | None = None,
    reason: str | None = None,
    error: str | None = None,
) -> None:
    """End a queued message as `sent` or `failed`, and announce it; nothing if its person was erased meanwhile."""
    ended = {"its_id": message.id, "ended": state, "now": now}
    said = {"its_subject": subject, "why": reason, "because": error}
    if db.connection().execute(_END, {**ended, **said}).rowcount:
        events.announce_end(
            db,
            state,
            id=message.id,
            cause=message.event_id,
            person=message.person,
            template=message.template,
            at=now,
            reason=reason,
        )
