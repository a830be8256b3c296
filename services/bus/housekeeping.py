"""What a service's database need not remember: events that arrived long ago, and answers whose keys have run out."""

from datetime import datetime

from sqlalchemy import ColumnElement, Table, delete, func, select
from sqlalchemy.orm import Session as OrmSession

from services.bus import idempotency
from services.bus.models import inbox, outbox
from services.runtime.retention import period

REMEMBERED = period("handled_events")  # an event can be delivered again for as long as a broker might hold it
# Shorter, so that what an inbox is compared with was never too old for it to remember.
PUBLISHED = period("published_events")


def forget_what_is_over(db: OrmSession, now: datetime) -> None:
    """Drop published events, handled events, and answers, each when its time is over. Parked events stay.

    What another transaction holds just now is left for the next time: nothing waits for it.
    """
    last = func.coalesce(select(func.max(outbox.c.number)).scalar_subquery(), 1)  # the next number is counted from it
    over = outbox.c.published_at < now - PUBLISHED
    _drop(db, outbox, over, func.coalesce(outbox.c.number, 0) < last)
    _drop(db, inbox, inbox.c.state.in_(("done", "dropped")), inbox.c.stored_at < now - REMEMBERED)
    idempotency.forget_old(db, now)


def _drop(db: OrmSession, box: Table, *over: ColumnElement[bool]) -> None:
    free = select(box.c.position).where(*over).with_for_update(skip_locked=True)
    db.execute(delete(box).where(box.c.position.in_(free)))
