"""Parked events: what an operator sees of them, and does about them."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, select, update
from sqlalchemy.orm import Session as OrmSession

from services.bus import clock
from services.bus.models import inbox


def listed(db: OrmSession, ids: Sequence[str] = ()) -> Sequence[Row[Any]]:
    """Return the parked events with these ids, or all, the oldest first."""
    query = select(inbox).where(inbox.c.state == "parked").order_by(inbox.c.position)
    return db.execute(query.where(inbox.c.event_id.in_(ids)) if ids else query).all()


def retry(db: OrmSession, ids: Sequence[str]) -> int:
    """Have parked events handled again from now on, with all their attempts before them; return how many."""
    return _change(db, ids, {"state": "waiting", "attempts": 0, "due_at": clock.now()})


def drop(db: OrmSession, ids: Sequence[str]) -> int:
    """Give parked events up, and forget what was in them; return how many."""
    return _change(db, ids, {"state": "dropped", "envelope": None, "error": None})


def _change(db: OrmSession, ids: Sequence[str], values: dict[str, Any]) -> int:
    which = update(inbox).where(inbox.c.state == "parked", inbox.c.event_id.in_(ids))
    return len(db.execute(which.values(values).returning(inbox.c.event_id)).all())
