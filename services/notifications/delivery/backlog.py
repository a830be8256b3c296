"""How far behind the senders are: what is queued, what should have gone by now, and what could not go."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, bindparam, case, func, literal, select
from sqlalchemy.orm import Session as OrmSession

from services.notifications.delivery.sending import GIVEN_UP
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
        func.min(_OURS.created_at),
    )
    .where(
        _OURS.state == literal("queued", literal_execute=True)
    )  # written out: SQLite uses no partial index otherwise
    .group_by(_OURS.urgency)
)
LATELY = timedelta(hours=1)
LONGEST_UNDER_WAY = timedelta(days=7)  # of a message, before it is given up: it bounds what is looked through
_FAILED = select(func.count()).where(
    _OURS.state == literal("failed", literal_execute=True),
    _OURS.state != literal("queued", literal_execute=True),  # or else SQLite does not take the index for one of these
    _OURS.created_at > bindparam("queued_after", type_=Moment),
    _OURS.finished_at > bindparam("failed_after", type_=Moment),
    _OURS.reason.in_(GIVEN_UP),
)


def report(db: OrmSession, now: datetime) -> dict[str, Any]:
    """Return `{queued: {urgency: number}, due, oldest_due_seconds, put_off, oldest_code_seconds, failed_last_hour}`.

    Due is what may go now, and put off what was tried in vain and waits for its next try. An age, in seconds since it
    was due (of a code to sign in, since it was queued), is 0 where there is none. Failed is what was given up on; what
    was not sent because it was no longer true is not.
    """
    rows = db.execute(_BACKLOG, {"now": now}).all()
    queued = dict.fromkeys(URGENCIES.values(), 0)
    for urgency, count, *_ in rows:
        queued[URGENCIES.get(urgency, "other")] = count
    due_since = [since for _, _, _, since, *_ in rows if since is not None]
    codes_since = [since for urgency, *_, since in rows if urgency == AT_ONCE]
    failed = db.scalar(_FAILED, {"queued_after": now - LONGEST_UNDER_WAY, "failed_after": now - LATELY})
    return {
        "queued": queued,
        "due": sum(due for _, _, due, *_ in rows),
        "oldest_due_seconds": _age(due_since, now),
        "put_off": sum(put_off for *_, put_off, _ in rows),
        "oldest_code_seconds": _age(codes_since, now),
        "failed_last_hour": failed,
    }


def _age(since: list[datetime], now: datetime) -> float:
    return round((now - min(since, default=now)).total_seconds(), 3)
