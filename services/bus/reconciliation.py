"""Comparing an inbox with what others have published: what the broker lost is found, and published again.

A reader keeps, for each service that it reads of, the number up to which it holds everything. It asks for what was
published since then, looks for it in its inbox, which remembers for longer than an outbox keeps, and asks for what is
missing. That comes as it did the first time, under the same id, and an event that came after all takes effect once.
"""

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session as OrmSession

from services.bus.models import compared, inbox, outbox
from services.bus.topology import address_of
from services.runtime.dialects import upsert

UNDER_WAY = timedelta(seconds=15)  # what was published less long ago may still be on its way
PAGE = 500


def published_after(db: OrmSession, types: Sequence[str], number: int, now: datetime) -> dict[str, Any]:
    """Return which events of these types were published after that number: `{events: [[number, id], …], up_to, first}`.

    A page at most; `up_to` is the number that it reaches to, and `first` is the lowest that the outbox still has.
    Left out are those that cannot be published again: secrets, and what was erased.
    """
    first = db.scalar(select(func.min(outbox.c.number)))
    of_old = (outbox.c.number.is_not(None), outbox.c.published_at <= now - UNDER_WAY)
    last = db.scalar(select(outbox.c.number).where(*of_old).order_by(outbox.c.number.desc()).limit(1))
    found = (
        select(outbox.c.number, outbox.c.event_id)
        .where(outbox.c.number > number, outbox.c.number <= (last or 0), outbox.c.type.in_(types))
        .where(outbox.c.envelope.is_not(None))
        .order_by(outbox.c.number)
        .limit(PAGE)
    )
    events = [[number, id] for number, id in db.execute(found)]
    return {"events": events, "up_to": events[-1][0] if len(events) == PAGE else last or 0, "first": first or 0}


def published_since(db: OrmSession, types: Sequence[str], since: datetime) -> Sequence[str]:
    """Return the ids of the events of these types that were published since then and can be published again."""
    there = select(outbox.c.event_id).where(outbox.c.published_at >= since, outbox.c.type.in_(types))
    return db.scalars(there.where(outbox.c.envelope.is_not(None)).order_by(outbox.c.number)).all()


def publish_again(db: OrmSession, reader: str, ids: Sequence[str], now: datetime) -> int:
    """Publish these events again, to one reader alone and under their own ids; return how many there still are."""
    found = select(outbox.c.envelope, outbox.c.erase_key).where(outbox.c.event_id.in_(ids))
    rows = [
        {
            "event_id": str(uuid.uuid4()),  # of the row; the event's own is in the envelope
            "type": address_of(reader),
            "envelope": envelope,
            "erase_key": erase_key,
            "sensitive": False,
            "announced_at": now,
        }
        for envelope, erase_key in db.execute(found.where(outbox.c.envelope.is_not(None)).order_by(outbox.c.number))
    ]
    if rows:
        db.execute(insert(outbox), rows)
    return len(rows)


def up_to(db: OrmSession, source: str) -> int:
    """Return the number of the source up to which this inbox holds everything; 0 before the first look."""
    return db.scalar(select(compared.c.number).where(compared.c.source == source)) or 0


@upsert
def _compared(insert: Any) -> Any:
    new = insert(compared)
    kept = {column.name: column for column in new.excluded if column.name != "source"}
    return new.on_conflict_do_update(index_elements=["source"], set_=kept)


def compare(db: OrmSession, source: str, published: dict[str, Any], now: datetime) -> list[str]:
    """Return the ids that are missing here of what the source has `published` (as `published_after` tells it).

    Notes how far everything is here. What is missing is looked for again in the next round.
    """
    numbers = {id: number for number, id in published["events"]}
    here = set(db.scalars(select(inbox.c.event_id).where(inbox.c.event_id.in_(numbers))))
    missing = [id for id in numbers if id not in here]
    complete = numbers[missing[0]] - 1 if missing else published["up_to"]
    _note(db, source, complete, len(missing), now)
    return missing


def is_cut_off(published: dict[str, Any], number: int) -> bool:
    """Tell whether the outbox has forgotten some of what came after this number: then only the state can be told.

    So it is for a reader that was away for longer than an outbox keeps, and for one that is new.
    """
    return bool(published["first"] > number + 1)


def has_all_up_to(db: OrmSession, source: str, number: int, now: datetime) -> None:
    """Note that nothing up to that number is missing here, as the state was told."""
    _note(db, source, number, 0, now)


def is_handled(db: OrmSession, id: str) -> bool:
    """Tell whether an event was handled here, or put off after an attempt."""
    row = db.execute(select(inbox.c.state, inbox.c.attempts).where(inbox.c.event_id == id)).one_or_none()
    return row is not None and (row.state != "waiting" or row.attempts > 0)


def _note(db: OrmSession, source: str, number: int, missing: int, now: datetime) -> None:
    row = {"source": source, "number": number, "missing": missing, "compared_at": now}
    db.execute(_compared(db), row)
