"""The pace at which letters are handed over: so many in any minute, by all processes together.

They go at even distances (the generic cell rate algorithm, without bursts): whatever minute one looks at, there are no
more in it, and a code for somebody who is signing in never waits for a whole minute's letters that went in one second.
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session as OrmSession

from services.notifications.models import RateLimit
from services.runtime.dialects import Moment, upsert

MINUTE = 60_000_000  # microseconds
SKEW = timedelta(minutes=1)

_next_at = RateLimit.__table__.c.next_at
_HAS_COME = _next_at <= bindparam("now", type_=Moment)


@upsert
def _taken(insert: Any) -> Any:
    """Move the moment of the next letter on, if it has come; the first time, set it."""
    new = insert(RateLimit.__table__).values(id=1, next_at=bindparam("then", type_=Moment))
    values = {"next_at": new.excluded.next_at}
    return new.on_conflict_do_update(index_elements=["id"], set_=values, where=_HAS_COME).returning(_next_at)


def take(db: OrmSession, per_minute: int, now: datetime) -> timedelta:
    """Take leave to hand over one letter now, for which nothing is returned but zero; or return how long to wait.

    The clocks of two processes may differ: whoever is behind waits longer. Only where the moment is further off than
    SKEW and one distance was the clock put back, and it would stop the mail to wait for that.
    """
    distance = timedelta(microseconds=-(-MINUTE // per_minute))
    if db.connection().execute(_taken(db), {"now": now, "then": now + distance}).first() is not None:
        return timedelta()
    next_at = db.scalars(select(RateLimit.next_at)).one()
    if next_at - now > distance + SKEW:
        db.execute(update(RateLimit).where(RateLimit.next_at == next_at).values(next_at=now + distance))
        return distance
    return max(next_at - now, timedelta(microseconds=1))


def give_back(db: OrmSession, now: datetime) -> None:
    """Give back the leave that was taken in this transaction: there was no letter."""
    db.execute(update(RateLimit).values(next_at=now))
