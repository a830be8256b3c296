"""How far behind a service is: what its outbox and inbox still hold."""

from datetime import datetime
from typing import Any

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session as OrmSession

from services.bus.models import compared, inbox, outbox
from services.runtime import clock
from services.runtime.database import is_full

AGAIN = 2  # tries that failed
WORRYING_LAG = 60  # seconds


def report(db: OrmSession) -> dict[str, Any]:
    """Return `{outbox: {waiting, lag_seconds}, inbox: {waiting, lag_seconds, retrying, parked, missing}, full}`.

    Lag is the age of the oldest event that should have moved on by now, 0 where there is none. `retrying` have failed
    twice or more and are tried again; one that was overtaken by another succeeds at its second try. `missing` are those
    that others had published and the inbox had not, when they were last compared. `full` is the database for which this
    process found no room lately.
    """
    now = clock.now()
    announced = select(func.count(), func.min(outbox.c.announced_at)).where(outbox.c.published_at.is_(None))
    due_at = case(
        (inbox.c.due_at < inbox.c.stored_at, inbox.c.stored_at), else_=inbox.c.due_at
    )  # urgent ones come early
    retrying = func.count().filter(inbox.c.attempts >= AGAIN)
    stored = select(func.count(), func.min(due_at), retrying).where(inbox.c.state == "waiting")
    parked = select(func.count()).where(inbox.c.state == "parked")
    missing = select(func.coalesce(func.sum(compared.c.missing), 0))
    out, out_since = db.execute(announced).one()
    waiting, due_since, failed = db.execute(stored).one()
    return {
        "outbox": {"waiting": out, "lag_seconds": _age(out_since, now)},
        "inbox": {
            "waiting": waiting,
            "lag_seconds": _age(due_since, now),
            "retrying": failed,
            "parked": db.scalar(parked),
            "missing": db.scalar(missing),
        },
        "full": is_full(db),
    }


def _age(since: datetime | None, now: datetime) -> float:
    return max(0.0, round((now - since).total_seconds(), 3)) if since else 0.0
