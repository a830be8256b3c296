"""The relay: publishes the outbox in order, with publisher confirms, and marks what is safe.

One relay at a time a service. On PostgreSQL an advisory lock says whose turn it is, and what is published is marked
over the connection that holds it; the others wait for their turn and pass on the news of their own commits by NOTIFY,
outside the transactions that wrote the events (a NOTIFY inside them would make commits wait for one another).
"""

import logging
import random
import sqlite3
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import eventlet
from sqlalchemy import bindparam, case, func, null, select, update
from sqlalchemy.exc import SQLAlchemyError

from services.bus import spans
from services.bus.broker import BrokerConnection, BrokerDown, WakeEvent
from services.bus.confirms import Confirms
from services.bus.declaring import declare
from services.bus.housekeeping import forget_what_is_over
from services.bus.leader_lock import Leadership, lead
from services.bus.models import outbox
from services.bus.outbox import when_announced
from services.bus.topology import EVENTS, Topology, key_of
from services.runtime import clock, tracing
from services.runtime.database import Transactions
from services.runtime.dialects import Moment
from services.runtime.refusals import Unavailable
from services.runtime.write_ahead import WriteAheadLog

log = logging.getLogger(__name__)

BATCH = 200
CONFIRM_TIMEOUT = 5.0
TIDY_EVERY = 3600.0
LOOK_AT_LOG_EVERY = 2.0
GATHER = 0.02  # seconds in which the commits of others may join the batch: a turn costs as much as a booking
IDLE = 1.0  # seconds after which it looks by itself, for rows that another program wrote


class Relay:
    """Publishes one service's outbox from this process while it is this process's turn."""

    def __init__(self, service: str, transactions: Transactions, bus: str, topology: Topology) -> None:
        self.service = service
        self.transactions = transactions
        self.wake_event = WakeEvent()
        self.leads = False
        self._topology = topology
        # A broker in memory confirms when the last reader has the event on disk: however long that takes.
        self._patience = None if bus.startswith("embedded:") else CONFIRM_TIMEOUT
        self._connections = 0
        self._settled = WakeEvent()
        self.broker = BrokerConnection(bus, f"{service} relay", self._on_open)
        self._confirms = Confirms(self._settled.set, self._on_nack)
        self._threads: list[Any] = []
        transactions.listeners.append(when_announced(self.wake_event.set))

    def start(self) -> None:
        """Begin, whatever is up or down just now."""
        self.broker.start()
        self._threads = [eventlet.spawn(self._run), eventlet.spawn(self._tidy_for_ever)]
        if self.transactions.engine.dialect.name == "sqlite":
            self._threads.append(eventlet.spawn(self._empty_log_for_ever))

    def stop(self) -> None:
        """Stop; unpublished rows are for the next relay."""
        for thread in self._threads:
            thread.kill()
        self.broker.stop()

    def _on_open(self, channel: Any) -> None:
        declare(channel, self._topology, self.service)
        self._confirms.begin(channel)
        self._connections += 1
        self._settled.set()  # whoever waits for confirms of the old connection waits in vain

    def _on_nack(self) -> None:
        log.warning("%s relay: the broker refused an event; the batch goes out again", self.service)
        self.broker.renew()

    def _run(self) -> None:
        while True:
            try:
                with lead(self.transactions, self.service, self.wake_event) as leadership:
                    self.leads = True
                    self._relay_while(leadership)
            except (BrokerDown, Unavailable, SQLAlchemyError, OSError) as error:
                log.warning("%s relay: will try again (%s)", self.service, error)
            finally:
                self.leads = False
            eventlet.sleep(1)

    def _relay_while(self, leadership: Leadership) -> None:
        published: list[int] = []
        while not leadership.lost:
            rows = self._mark_and_find(leadership, published)
            published = []
            if rows and self.broker.wait_until_up(IDLE):
                self._publish(rows)
                published = [row.position for row in rows]
            elif not rows:
                self.wake_event.wait(IDLE)
            if len(rows) < BATCH:
                eventlet.sleep(GATHER)

    def _mark_and_find(self, leadership: Leadership, published: list[int]) -> Sequence[Any]:
        """Mark what was published last, and return what is to be published next, a batch at most."""
        with leadership.begin() as connection:
            if published:
                connection.execute(_MARK, {"positions": published, "now": clock.now()})
            return connection.execute(_UNPUBLISHED).all()

    def _tidy_for_ever(self) -> None:
        """Forget what is over. Apart from the relay: what has gathered in years may take its time."""
        while True:
            try:
                self.transactions.run(lambda db: forget_what_is_over(db, clock.now()))
            except (Unavailable, SQLAlchemyError) as error:
                log.warning("%s: what is over could not be forgotten just now (%s)", self.service, error)
            eventlet.sleep(TIDY_EVERY * random.uniform(0.9, 1.1))  # not all processes at once

    def _empty_log_for_ever(self) -> None:
        """Have what was erased not stay in SQLite's write-ahead log: tried again where someone is in the way."""
        log_file = WriteAheadLog(self.transactions.engine)
        while True:
            eventlet.sleep(LOOK_AT_LOG_EVERY)
            with suppress(SQLAlchemyError, sqlite3.OperationalError):
                if log_file.is_due():
                    log_file.empty()

    def _publish(self, rows: Sequence[Any]) -> None:
        connection, began = self._connections, time.time_ns()
        for row in rows:
            key = key_of(self.service, row.type)
            self.broker.publish(row.envelope, EVENTS, key, persistent=True, confirms=self._confirms)
        while self._confirms and connection == self._connections:
            if not self._settled.wait(self._patience):
                self.broker.renew()
                raise BrokerDown("the broker does not confirm")
        if connection != self._connections:
            raise BrokerDown("the connection was made anew before the broker had confirmed")
        if tracing.on:
            spans.published(self.service, rows, began)


_UNPUBLISHED = (
    select(outbox.c.position, outbox.c.type, outbox.c.envelope)
    .where(outbox.c.published_at.is_(None))
    .order_by(outbox.c.position)
    .limit(BATCH)
)
_LAST = select(func.coalesce(func.max(outbox.c.number), 0)).scalar_subquery()
_NUMBERED = (
    select(outbox.c.position.label("position"), (_LAST + func.row_number().over(order_by=outbox.c.position)).label("n"))
    .where(outbox.c.position.in_(bindparam("positions", expanding=True)), outbox.c.published_at.is_(None))
    .subquery()
)
_MARK = (
    update(outbox)
    .where(outbox.c.position == _NUMBERED.c.position)
    .values(
        published_at=bindparam("now", type_=Moment),
        envelope=case((outbox.c.sensitive, null()), else_=outbox.c.envelope),
        number=_NUMBERED.c.n,
    )
)
