"""How far behind the senders are: what is queued, what should have gone by now, and what could not go."""

from datetime import datetime
from typing import Any

from sqlalchemy import and_, bindparam, case, func, literal, select
from sqlalchemy.orm import Session as OrmSession

from services.notifications.message_types import AT_ONCE, IN_TURN, SOON
from services.notifications.models import Message
from services.runtime.dialects import Moment

URGENCIES = {AT_ONCE: "at_once", SOON: "soon", IN_TURN: "in_turn"}

_OURS = Message.__table__.c
_DUE = _OURS.due_at <= bindparam("now", type_=Moment)
_BACKLOG = (
    select(
        _OURS.urgency,
        func.count(),
        func.count(case((_DUE, 1))),
        func.min(case((_DUE, _OURS.due_at))),
        func.count(case((and_(_OURS.error.is_not(None), ~_DUE), 1))),
    )
    .where(
        _OURS.state == literal("queued", literal_execute=True)
    )  # written out: SQLite uses no partial index otherwise
    .group_by(_OURS.urgency)
)


def report(db: OrmSession, now: datetime) -> dict[str, Any]:
    """Return `{queued: {urgency: number}, due, oldest_due_seconds, put_off}`.

    Due is what may go now, and put off what was tried in vain and waits for its next try. The age, in seconds since it
    was due, is 0 where nothing is. It looks at what is queued and at no message that has ended.
    """
    rows = db.execute(_BACKLOG, {"now": now}).all()
    queued = dict.fromkeys(URGENCIES.values(), 0)
    for urgency, count, *_ in rows:
        queued[URGENCIES.get(urgency, "other")] = count
    since = min((oldest for *_, oldest, _ in rows if oldest is not None), default=now)
    return {
        "queued": queued,
        "due": sum(due for _, _, due, *_ in rows),
        "oldest_due_seconds": round((now - since).total_seconds(), 3),
        "put_off": sum(put_off for *_, put_off in rows),
    }
