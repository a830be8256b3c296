"""Parked events: what an operator sees of them, and does about them."""

import re
from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Row, select, update
from sqlalchemy.orm import Session as OrmSession

from services.bus.models import inbox
from services.runtime import clock

RAISED: Final = re.compile(r"[A-Za-z_][\w.]*(: .*)?")


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


def shown(db: OrmSession, limit: int = 100) -> dict[str, Any]:
    """Return `{total, items}` of the parked events, the oldest first: what became of each, and never what is in it."""
    rows = listed(db)
    return {"total": len(rows), "items": [_view(row) for row in rows[:limit]]}


def _view(row: Row[Any]) -> dict[str, Any]:
    return {
        "id": row.event_id,
        "type": row.type,
        "subject": row.subject,
        "attempts": row.attempts,
        "stored_at": row.stored_at.isoformat(),
        "error": last_line(row.error or ""),
    }


def last_line(error: str) -> str:
    """Return the line of a traceback that names what was raised, without the values that a database adds below it."""
    lines = [line for line in error.splitlines() if line.strip()]
    named = [line for line in lines if RAISED.fullmatch(line) and not line.partition(":")[0].isupper()]
    return (named or lines or [""])[-1].strip()[:300]
