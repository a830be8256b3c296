"""The inbox: an event is stored before it is acked, and handled in one transaction with its `done` mark.

A duplicate is refused by the event's id, a crash replays what was not done, a handler that raises is tried again later
and then parked with its error. Where the database is down nothing is acked and the broker keeps it.

Many that wait are handled in one transaction, and those that one handler takes in a row are one run, for which it asks
the database once. Where one fails, those before it come again by themselves, so that few are worked on twice.
"""

import hashlib
import logging
import traceback
import uuid
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import eventlet
from sqlalchemy import Update, bindparam, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session as OrmSession

from services.bus.broker import BrokerConnection, BrokerDown, WakeEvent
from services.bus.declaring import declare
from services.bus.envelope import Envelope, NotAnEnvelope
from services.bus.models import inbox
from services.bus.topology import Topology, declare_queue, is_of_sender, queue_of
from services.runtime import clock
from services.runtime.database import Transactions
from services.runtime.dialects import Moment, upsert
from services.runtime.refusals import Unavailable

log = logging.getLogger(__name__)

PREFETCH = 300
RETRY_AFTER = tuple(timedelta(seconds=seconds) for seconds in (1, 10, 60, 600, 3600))
BATCH = 50  # events that are handled in one transaction
IDLE = 1.0
NOT_OF_SENDER = "not announced by the service that its type names"
AHEAD = timedelta(days=30)  # how long ago an urgent event was due, as it were: before all that can be waiting


@dataclass(frozen=True)
class Failed:
    """What went wrong in a run of events: the one that it happened to, or None where that may be any of them."""

    event: Envelope | None
    error: BaseException


@dataclass(frozen=True)
class Handler:
    """What handles events: `handle(db, run)` does what a run of them asks, and returns what went wrong, if anything.

    Those before that one were handled then. Unless it handles them `in_runs`, each run is one event; in a run, each is
    of another subject.
    """

    handle: Callable[[OrmSession, Sequence[Envelope]], Failed | None]
    in_runs: bool


class Inbox:
    """Takes in and hands out the events of one service in this process.

    `handlers` has what handles each type of event. Events of an `urgent` type are handled before all others that wait,
    in the order in which they came.
    """

    def __init__(
        self,
        service: str,
        transactions: Transactions,
        bus: str,
        topology: Topology,
        handlers: Mapping[str, Handler],
        workers: int = 1,
        urgent: Container[str] = (),
    ) -> None:
        self.service = service
        self.transactions = transactions
        self._topology = topology
        self._handlers = handlers
        self._workers = workers
        self._urgent = urgent
        self._arrived: list[Any] = []
        self._arrival = WakeEvent()
        self._stored = WakeEvent()
        self._stopping = False
        self._in_queue = 0
        self._most = BATCH
        self.broker = BrokerConnection(bus, f"{service} inbox", self._on_open, self._declare_own)
        self._threads: list[Any] = []

    def start(self) -> None:
        """Begin, whatever is up or down just now."""
        self.broker.start()
        self._threads = [eventlet.spawn(self._store_for_ever)]
        self._threads += [eventlet.spawn(self._work_for_ever) for _ in range(self._workers)]

    def stop(self) -> None:
        """Take no more events; an event that is being handled is finished first."""
        self._stopping = True
        self.broker.stop()
        self._arrival.set()
        self._stored.set()
        for thread in self._threads:
            thread.wait()

    def is_behind(self) -> bool:
        """Tell whether there is more in the queue than is stored, as far as is known."""
        return bool(self._in_queue or self._arrived) or not self.broker.up

    def _declare_own(self, channel: Any) -> int:
        found = declare_queue(channel, self.service, self._topology[self.service])
        self._in_queue = found.messages
        return found.consumers

    def _on_open(self, channel: Any) -> None:
        found = declare(channel, self._topology, self.service)
        self._in_queue = found.messages if found else 0
        self._arrived = []  # what came over the old connection comes again
        channel.basic_qos(0, PREFETCH, False)
        channel.basic_consume(
            queue=queue_of(self.service),
            consumer_tag=f"{self.service}-{uuid.uuid4()}",
            no_ack=False,
            callback=lambda raw: self._on_message(channel, raw),
        )

    def _on_message(self, channel: Any, raw: Any) -> None:
        self._arrived.append(channel.message_to_python(raw))
        self._arrival.set()

    def _store_for_ever(self) -> None:
        pause = 0.1
        while not self._stopping:
            if not self._arrived:
                self._arrival.wait(None)
                continue
            batch, self._arrived = self._arrived, []
            try:
                self._store(batch)
                pause = 0.1
            except (Unavailable, BrokerDown, SQLAlchemyError) as error:  # the tables may not be there yet
                log.warning("%s inbox: cannot store events, the broker keeps them (%s)", self.service, error)
                self.broker.renew()
                eventlet.sleep(pause)
                pause = min(pause * 2, 5)

    def _store(self, messages: list[Any]) -> None:
        rows = [row_of(message.body, self._urgent, message.delivery_info["routing_key"]) for message in messages]
        with self.transactions.begin() as db:
            db.execute(_if_new(db), rows)
        self._stored.set()
        self.broker.ack_up_to(messages[-1])

    def _work_for_ever(self) -> None:
        while not self._stopping:
            try:
                if not self.work():
                    self._stored.wait(IDLE)
            except (Unavailable, SQLAlchemyError) as error:
                log.warning("%s inbox: will try again (%s)", self.service, error)
                eventlet.sleep(IDLE)

    def work(self) -> bool:
        """Handle the events that have been due longest, in one transaction; return whether there were any.

        Where one of them fails none has happened; that one is put off, and the others' turn comes again at once: those
        before it first, by themselves. Where it may be any of several, they come again one by one.
        """
        with self.transactions.begin() as db:
            rows = db.execute(_LONGEST_DUE, {"now": clock.now(), "most": self._most}).all()
            done, failed = self._attempt_all(db, rows)
            if failed is not None:
                db.rollback()
            elif done:
                positions = [row.position for row in done]
                db.connection().execute(_DONE, {"now": clock.now(), "positions": positions})
        self._most = min(2 * self._most, BATCH) if failed is None else max(1, len(done))
        if failed is not None:
            self._put_off(*failed)
        return bool(rows)

    def _attempt_all(
        self, db: OrmSession, rows: Sequence[Any]
    ) -> tuple[Sequence[Any], tuple[Any | None, BaseException] | None]:
        """Handle events until one fails, or until it is time to stop; return what was done, and what failed.

        Where it may be any of several that failed, nothing was done, and None stands for the row.
        """
        done = 0
        for run in self._runs(rows):
            if done and self._stopping:
                break
            if isinstance(run, BaseException):
                return rows[:done], (rows[done], run)
            failed = self._handlers[run[0].type].handle(db, run)
            if failed is not None:
                at = _index(run, failed.event)
                return (
                    ((), (None, failed.error)) if at is None else (rows[: done + at], (rows[done + at], failed.error))
                )
            done += len(run)
            eventlet.sleep(0)  # others in this process have a turn
        return rows[:done], None

    def _runs(self, rows: Sequence[Any]) -> Iterator[list[Envelope] | BaseException]:
        """Yield what one handler takes in a row, and in place of what nobody can take, why that is so."""
        run: list[Envelope] = []
        for row in rows:
            event = self._read(row.envelope)
            if run and (isinstance(event, BaseException) or not self._goes_with(run, event)):
                yield run
                run = []
            if isinstance(event, BaseException):
                yield event
                return
            run.append(event)
        if run:
            yield run

    def _goes_with(self, run: Sequence[Envelope], event: Envelope) -> bool:
        handler = self._handlers[event.type]
        in_one = handler.in_runs and handler is self._handlers[run[0].type]
        return in_one and all(event.subject != before.subject for before in run)

    def _read(self, envelope: bytes) -> Envelope | BaseException:
        try:
            event = Envelope.from_json(envelope)
        except NotAnEnvelope as error:  # parked bytes that somebody had retried
            return error
        return event if event.type in self._handlers else LookupError(f"nothing here reads {event.type}")

    def _put_off(self, row: Any | None, failure: BaseException) -> None:
        if isinstance(failure, Unavailable):  # not the event's fault
            raise failure
        if row is None:
            log.info("%s inbox: some events fail together, and are tried one by one (%s)", self.service, failure)
            return
        now = clock.now()
        values = put_off(row.attempts, failure, now)
        with self.transactions.begin() as db:
            found = db.connection().execute(_untouched(row).values(values))
        if not found.rowcount:
            log.info("%s inbox: %s %s is dealt with by another process", self.service, row.type, row.event_id)
            return
        log.warning(
            "%s inbox: %s %s %s after attempt %d (%s)",
            self.service,
            row.type,
            row.event_id,
            values["state"],
            row.attempts + 1,
            failure,
        )


def _untouched(row: Any) -> Update:
    """Return an update of the row, unless another process has handled it, or put it off, since it was let go of."""
    here = (inbox.c.position == row.position, inbox.c.state == "waiting", inbox.c.attempts == row.attempts)
    return update(inbox).where(*here)


def _index(run: Sequence[Envelope], event: Envelope | None) -> int | None:
    """Return which of a run an event is. One alone is the one that anything happened to."""
    return 0 if len(run) == 1 else next((n for n, one in enumerate(run) if one is event), None)


# With RETURNING many rows are one statement: SQLAlchemy writes each by itself where there is only ON CONFLICT.
_if_new = upsert(lambda insert: insert(inbox).on_conflict_do_nothing().returning(inbox.c.position))
_LONGEST_DUE = (
    select(inbox.c.position, inbox.c.envelope, inbox.c.attempts, inbox.c.type, inbox.c.event_id)
    .where(inbox.c.state == "waiting", inbox.c.due_at <= bindparam("now", type_=Moment))
    .order_by(inbox.c.due_at, inbox.c.position)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)
_DONE = (
    update(inbox)
    .where(inbox.c.position.in_(bindparam("positions", expanding=True)))
    .values(state="done", done_at=bindparam("now", type_=Moment), envelope=None, error=None)
)


def put_off(attempts: int, failure: BaseException, now: datetime) -> dict[str, Any]:
    """Return what becomes of an event whose handler failed after `attempts` earlier ones: later again, or parked."""
    error = _storable("".join(traceback.format_exception(failure))[-4000:])
    if attempts < len(RETRY_AFTER):
        return {"state": "waiting", "attempts": attempts + 1, "due_at": now + RETRY_AFTER[attempts], "error": error}
    return {"state": "parked", "attempts": attempts + 1, "error": error}


def _storable(text: str) -> str:
    """Return `text` with what PostgreSQL's text cannot hold, NUL and lone surrogates, as escapes."""
    return text.encode("utf-8", "backslashreplace").decode().replace("\0", "\\x00")


def row_of(body: bytes | str, urgent: Container[str] = (), key: str | None = None) -> dict[str, Any]:
    """Return the inbox row of a message; one that is no event of ours is parked as the bytes that came.

    One of an `urgent` type was due long ago, so that the index and the order of handling stay as they are. What says
    that another service announced it than the routing key does is parked without what is in it: to try it again would
    be to believe it.
    """
    raw = body.encode() if isinstance(body, str) else bytes(body)
    now = clock.now()
    row = {"envelope": raw, "attempts": 0, "due_at": now, "stored_at": now}
    try:
        event = Envelope.from_json(raw)
    except NotAnEnvelope as error:
        digest = str(uuid.uuid5(uuid.NAMESPACE_OID, hashlib.sha256(raw).hexdigest()))
        return {**row, "event_id": digest, "type": "?", "subject": "?", "state": "parked", "error": str(error)}
    if key is not None and not is_of_sender(key, event.type):
        forged = {"envelope": None, "state": "parked", "error": f"{NOT_OF_SENDER}: it came as {key}"}
        # Under an id of its own: what it calls itself may be the id of an event that is still to come.
        return {**row, **forged, "event_id": str(uuid.uuid4()), "type": event.type, "subject": "?"}
    return {
        **row,
        "due_at": now - AHEAD if event.type in urgent else now,
        "event_id": event.id,
        "type": event.type,
        "subject": event.subject,
        "state": "waiting",
        "error": None,
    }
