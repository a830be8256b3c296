"""Delivery: takes queued messages, sends each outside any transaction, and writes down what came of it.

A message is leased while it is sent, so that several senders share the work, and so that the death of one puts it off
and does not lose it. Leases are short, and held for as long as the sending takes. What was sent by a process that died
before it could say so is sent again, under the same Message-ID: at least once is all that mail can promise.

Several are leased in one statement where letters go quickly, and none of them would be sent twice for it (decision
0054). Which of them come first is in `leases.py`.
"""

import logging
import random
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy.orm import Session as OrmSession

from services.notifications.composing.email_layout import EmailLayout
from services.notifications.delivery import addresses, endings, leases, rate_limit
from services.notifications.delivery.transports import NotDelivered, Refused, Transport, Unreachable
from services.notifications.emails import compose
from services.notifications.models import Message
from services.runtime import correlation, tracing

log = logging.getLogger(__name__)

BATCH = 8  # messages that one sender leases at once at most
QUICK = 0.1  # seconds in which a batch is sent for the next one to be larger; after a slower one, they are few again
FIRST_RETRY, LONGEST_RETRY = 5.0, 3600.0  # seconds
GIVE_UP_AFTER = timedelta(hours=72)
FEWEST_ATTEMPTS = 7  # before giving up: a clock that jumps, or a weekend without senders, is no mail server's fault
LONGEST_PAUSE = 1.0  # seconds that a sender sleeps because of the limit, before it lets a stop have its say
GIVEN_UP = ("refused", "gave_up")  # the reasons of a message that failed although it was worth sending
DEFECT = "defect"  # the reason of a queued message that could not be written: it holds up no other

Begin = Callable[[], AbstractContextManager[OrmSession]]


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
    """Deliver the most urgent messages that are due, at most `most`. Returns whether to come back at once.

    What came of them is written down in the transaction that takes the next ones. `begin` opens a transaction; none is
    open while the transport is at work. `roll` gives 0 to 1, for the jitter. All senders together hand over no more
    than `per_minute` letters in any minute (0: no limit); `pause` sleeps for some seconds until there may be another.
    """
    sender = _Sender(begin, transport, email_layout, now, roll)
    size = 1
    try:
        while most > 0 and sender.reachable:
            with begin() as db:
                sender.write_down(db)
                wait = rate_limit.take(db, per_minute, now()) if per_minute else None
                messages = [] if wait else leases.take(db, now(), size)
                if not messages and per_minute and not wait:
                    rate_limit.give_back(db, now())
            if wait:
                pause(min(wait.total_seconds(), LONGEST_PAUSE))
                return True
            if not messages:
                transport.rest()
                return False
            began = time.monotonic()
            sender.send(messages)
            most -= len(messages)
            is_quick = not per_minute and time.monotonic() - began < QUICK
            size = min(2 * size, BATCH, most) if is_quick else 1
        with begin() as db:
            sender.write_down(db)
        return sender.reachable
    finally:
        leases.under_way.difference_update(sender.begun)


@dataclass(frozen=True)
class _Outcome:
    """What came of a message: the subject of the letter that was sent, or why it was not. With neither, it waits on."""

    message: Message
    subject: str | None = None
    failure: Exception | None = None


@dataclass
class _Sender:
    """Sends messages one after the other, and keeps what came of them until it is written down."""

    begin: Begin
    transport: Transport
    email_layout: EmailLayout
    now: Callable[[], datetime]
    roll: Callable[[], float]
    reachable: bool = True
    begun: set[str] = field(default_factory=set)
    outcomes: list[_Outcome] = field(default_factory=list)

    def send(self, messages: list[Message]) -> None:
        """Send what was just leased; what cannot be begun soon enough is left to others.

        Where to send a letter again is to send a second one, each is written down before the next: a process that is
        killed doubles the one that it has in hand, and no other.
        """
        latest = self.now() + leases.LEASE / 2
        for message in messages:
            if self.transport.doubles and self.outcomes:
                with self.begin() as db:
                    self.write_down(db)
            if self.reachable and self.now() <= latest:
                self.outcomes.append(self._send(message))
            else:
                self.outcomes.append(_Outcome(message))

    def _send(self, message: Message) -> _Outcome:
        self.begun.add(message.id)
        leases.under_way.add(message.id)
        try:
            with correlation.following(message.correlation_id), _traced(message) if tracing.on else tracing.NOTHING:
                letter = compose(message, self.email_layout)
                self.transport.send(letter)
        except NotDelivered as error:
            log.warning("message %s (%s) was not delivered: %s", message.id, message.template, error)
            self.reachable = not isinstance(error, Unreachable)
            return _Outcome(message, failure=error)
        except Exception as error:  # a defect of ours, in this letter: it must not stop the others, and may be mended
            log.exception("message %s (%s) cannot be written", message.id, message.template)
            return _Outcome(message, failure=error)
        return _Outcome(message, letter.subject)

    def write_down(self, db: OrmSession) -> None:
        """Write down what came of the messages since the last time."""
        sent = [(one.message.id, one.subject) for one in self.outcomes if one.subject is not None]
        if sent:
            for id in endings.end_sent(db, sent, self.now()):
                if endings.knows_nobody(db, id):
                    self.transport.forget(None, {id})
        for one in self.outcomes:
            if one.failure is not None:
                _mark_not_sent(db, one.message, one.failure, self.now(), self.roll())
            elif one.subject is None:
                leases.give_back(db, one.message)
        leases.under_way.difference_update(one.message.id for one in self.outcomes)
        self.outcomes = []


def _traced(message: Message) -> AbstractContextManager[tracing.Span | None]:
    """Trace the sending as a part of what the message was queued by, however long ago: its address is not told."""
    attributes = {"headrow.message": message.id, "headrow.template": message.template}
    return tracing.span("notifications", "client", "send email", attributes, after=message.traceparent)


def retry_after(attempts: int, roll: float) -> timedelta:
    """Return how long to wait after this many attempts: 5 s, three times as long each time, at most an hour.

    `roll`, 0 to 1, adds up to a fifth (never beyond the hour), so that what failed together does not return together.
    """
    steps = min(attempts - 1, 8)  # 3**8 times 5 s is beyond the hour, and a power can grow too large for a number
    return timedelta(seconds=min(FIRST_RETRY * 3.0**steps * (1 + roll / 5), LONGEST_RETRY))


def _mark_not_sent(db: OrmSession, tried: Message, failure: Exception, now: datetime, roll: float) -> None:
    message = db.get(Message, tried.id, with_for_update=True)
    if message is None or message.state != "queued" or message.attempts != tried.attempts:
        return  # the lease ran out, and another sender has it now
    error, again = str(failure) or repr(failure), now + retry_after(message.attempts, roll)
    if isinstance(failure, Refused):
        endings.fail(db, message, now, "refused", error)
        if failure.recipient:
            addresses.mark_refused(db, str(tried.address), error, message.id, now)
    elif again > message.created_at + GIVE_UP_AFTER and message.attempts >= FEWEST_ATTEMPTS:
        endings.fail(db, message, now, "gave_up", error)
    else:
        message.due_at, message.leased_until, message.error = again, None, error
        message.reason = None if isinstance(failure, NotDelivered) else DEFECT
