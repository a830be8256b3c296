"""Telling again: a service announces what there is now to one reader alone, at the pace at which that one takes it in.

It is for a reader that began later than what it reads of, or that lost its database. Nobody else hears of it. The
reader gets events of the types that it knows, with the version that each thing has now: it takes over what it does not
know, and what it does know changes nothing. A few pages are under way at any time, however much there is, so that
neither outbox nor broker nor inbox fills up, and what happens meanwhile does not wait for long.
"""

import time
from collections import deque
from collections.abc import Callable, Container, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session as OrmSession

from services.bus.envelope import Envelope
from services.bus.models import inbox, outbox
from services.bus.outbox import addressed_to
from services.bus.reconciliation import is_handled
from services.runtime.database import Transactions
from services.runtime.refusals import Unavailable

T = TypeVar("T")

UNDER_WAY = 4  # pages
PAUSE = 0.05
PATIENCE = 60.0

# Announces a page, a few hundred events, from where it is told; returns where to go on, None at the end.
Tell = Callable[[OrmSession, Any], Any]


class NotTakenIn(Exception):
    """Nothing of what was told has moved for a while; the message says who should have moved it."""


@dataclass(frozen=True)
class Party:
    """A service that tells, or is told."""

    name: str
    transactions: Transactions


def tell_again(
    teller: Party, reader: Party, reads: Container[str], tell: Tell, patience: float = PATIENCE
) -> Iterator[list[Envelope]]:
    """Have one service tell the other all that there is, of the types that it `reads`; yield what it has handled.

    Both have to be running. Raises NotTakenIn where nothing has moved for `patience` seconds; to begin again from the
    start does no harm.
    """
    under_way: deque[list[Envelope]] = deque()
    for told in _pages(teller, reader, reads, tell, patience):
        under_way.append(told)
        if len(under_way) > UNDER_WAY:
            yield _taken_in(teller, reader, under_way.popleft(), patience)
    while under_way:
        yield _taken_in(teller, reader, under_way.popleft(), patience)


def _pages(
    teller: Party, reader: Party, reads: Container[str], tell: Tell, patience: float
) -> Iterator[list[Envelope]]:
    def page(db: OrmSession) -> tuple[list[Envelope], Any]:
        with addressed_to(db, reader.name, reads) as told:
            return told, tell(db, after)

    after: Any = None
    while True:
        told, after = _in_the_end(teller, page, patience)
        if told:
            yield told
        if after is None:
            return


def _in_the_end(party: Party, work: Callable[[OrmSession], T], patience: float) -> T:
    """Return what `work(db)` returns, as soon as others leave the database to it. Raises Unavailable."""
    since = time.monotonic()
    while True:
        try:
            return party.transactions.run(work)
        except Unavailable:
            if time.monotonic() - since > patience:
                raise
        time.sleep(PAUSE)


def _taken_in(teller: Party, reader: Party, told: list[Envelope], patience: float) -> list[Envelope]:
    """Wait until the reader has handled the last of a page; it handles them in order. Raises NotTakenIn."""
    seen, since = None, time.monotonic()
    while where := _waits(teller, reader, told[-1].id):
        if where != seen:
            seen, since = where, time.monotonic()
        elif time.monotonic() - since > patience:
            raise NotTakenIn(f"{where[0]} has not moved for {patience:.0f} seconds: is it running, and the bus?")
        time.sleep(PAUSE)
    _forget(teller, [event.id for event in told], patience)
    return told


def _waits(teller: Party, reader: Party, id: str) -> tuple[str, int] | None:
    """Return which of the two an event waits for, and behind how many; None once it is handled, or put off."""
    with reader.transactions.look() as db:
        if is_handled(db, id):
            return None
        position = db.scalar(select(inbox.c.position).where(inbox.c.event_id == id))
        if position is not None:
            before = select(func.count()).where(inbox.c.state == "waiting", inbox.c.position <= position)
            return reader.name, db.scalar(before) or 0
    with teller.transactions.look() as db:
        position = select(outbox.c.position).where(outbox.c.event_id == id).scalar_subquery()
        before = select(func.count()).where(outbox.c.published_at.is_(None), outbox.c.position <= position)
        number = db.scalar(before) or 0
    return (teller.name if number else reader.name), number


def _forget(teller: Party, ids: Sequence[str], patience: float) -> None:
    _in_the_end(teller, lambda db: forget_told(db, ids), patience)


def forget_told(db: OrmSession, ids: Sequence[str]) -> None:
    """Drop what is told from the outbox, which would keep it for days: it is there, and can be told again."""
    db.execute(delete(outbox).where(outbox.c.event_id.in_(ids), outbox.c.published_at.is_not(None)))


def announced_again(db: OrmSession, tell: Tell | None, reader: str, types: Sequence[str], after: Any) -> dict[str, Any]:
    """Announce a page of what there is to one reader; return `{told, next}`: the ids, and where to go on, or None."""
    if tell is None:
        return {"told": [], "next": None}
    with addressed_to(db, reader, frozenset(types)) as told:
        following = tell(db, after)
    return {"told": [event.id for event in told], "next": following}
