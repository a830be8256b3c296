"""The outbox: an event is a row of the transaction that caused it, so neither exists without the other.

`relay.py` publishes the rows, in order, once they are committed.
"""

import uuid
from collections.abc import Callable, Container, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import delete, insert, update
from sqlalchemy.orm import Session as OrmSession

from services.bus.envelope import Envelope, as_json
from services.bus.models import inbox, outbox
from services.bus.topology import address_of
from services.runtime import clock, correlation, tracing
from services.runtime.database import write

Listener = Callable[[dict[Any, Any]], None]
_ADD = insert(outbox).inline()  # nobody needs to know the row's position


def announce(
    db: OrmSession,
    type: str,
    subject: str,
    version: int,
    data: Mapping[str, Any],
    *,
    erase_key: str | None = None,
    sensitive: bool = False,
) -> str:
    """Announce that something came about; takes effect if and when the transaction of `db` commits.

    `type` is `{service}.{what_happened}.v{n}`; `version` counts up per `subject`. `erase_key` names whom the event
    is about, for `erase`. A `sensitive` event is blanked as soon as it is published, and in the readers' inboxes as
    soon as it is handled. Datetimes in `data` become ISO 8601 text. Returns the event's id.
    """
    reader: Reader | None = db.info.get("addressed_to")
    event = Envelope(
        id=str(uuid.uuid4()),
        type=type,
        source=type.partition(".")[0],
        subject=subject,
        version=version,
        time=clock.now(),
        correlation_id=correlation.current(),
        data=as_json(data),
        sensitive=sensitive,
        traceparent=tracing.carried() if tracing.on else None,
    )
    if reader is not None:
        if type not in reader.reads:
            return event.id
        reader.told.append(event)
    row = {
        "event_id": event.id,
        "type": event.type if reader is None else address_of(reader.service),
        "envelope": event.to_json(),
        "erase_key": erase_key,
        "sensitive": sensitive,
        "announced_at": event.time,
    }
    write(db, _ADD, row)
    db.info["announced"] = (subject, version)
    return event.id


@dataclass(frozen=True)
class Reader:
    """The one service that hears what is announced, the types of events that it reads, and what it was told of them."""

    service: str
    reads: Container[str]
    told: list[Envelope] = field(default_factory=list)


@contextmanager
def addressed_to(db: OrmSession, service: str, reads: Container[str]) -> Iterator[list[Envelope]]:
    """Have one service alone hear what is announced inside, as far as it `reads` these types; yield what that is.

    For what the others have heard of before, and would take for something new.
    """
    reader = db.info["addressed_to"] = Reader(service, reads)
    try:
        yield reader.told
    finally:
        del db.info["addressed_to"]


@contextmanager
def trial(db: OrmSession) -> Iterator[None]:
    """Do what is inside to see what comes of it: afterwards it has not happened, and nobody hears of it."""
    said = dict(db.info)
    db.info.clear()
    attempt = db.begin_nested()
    try:
        yield
    finally:
        attempt.rollback()
        db.info.clear()
        db.info.update(said)


def wake(db: OrmSession, timer: str) -> None:
    """Have the service's timer of that name run soon after this transaction commits, not at its next turn."""
    db.info.setdefault("woken", set()).add(timer)


def when_announced(wake: Callable[[], None]) -> Listener:
    """Return what calls `wake` after each commit of something that was announced: see `Transactions.listeners`."""

    def listen(info: dict[Any, Any]) -> None:
        if info.get("announced"):
            wake()

    return listen


def when_woken(timer: str, wake: Callable[[], None]) -> Listener:
    """Return what calls `wake` after each commit that is to have that timer run."""

    def listen(info: dict[Any, Any]) -> None:
        if timer in info.get("woken", ()):
            wake()

    return listen


def will_announce(db: OrmSession, subject: str, version: int) -> None:
    """Have the answer say that this is announced soon after this transaction commits, by a timer that it woke."""
    db.info["announced"] = (subject, version)


def erase(db: OrmSession, erase_key: str) -> None:
    """Blank what the published outbox still holds about `erase_key`, and drop what was not published."""
    db.execute(
        update(outbox)
        .where(outbox.c.erase_key == erase_key, outbox.c.published_at.is_not(None))
        .values(envelope=None, erase_key=None)
    )
    db.execute(delete(outbox).where(outbox.c.erase_key == erase_key, outbox.c.published_at.is_(None)))


def erase_from_inbox(db: OrmSession, subject: str) -> None:
    """Blank what the inbox holds of `subject`, parked events included."""
    db.execute(update(inbox).where(inbox.c.subject == subject).values(envelope=None, state="dropped", error=None))
