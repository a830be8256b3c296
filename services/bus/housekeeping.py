"""What a service's database need not remember: events that arrived long ago, and answers whose keys have run out."""

from datetime import datetime, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session as OrmSession

from services.bus import idempotency
from services.bus.models import inbox, outbox

REMEMBERED = timedelta(days=7)  # an event can be delivered again for as long as a broker might hold it
PUBLISHED = timedelta(days=6)  # shorter, so that what an inbox is compared with was never too old for it to remember


def forget_what_is_over(db: OrmSession, now: datetime) -> None:
    """Drop published events, handled events, and answers, each when its time is over. Parked events stay."""
    last = func.coalesce(select(func.max(outbox.c.number)).scalar_subquery(), 1)  # the next number is counted from it
    over = outbox.c.published_at < now - PUBLISHED
    db.execute(delete(outbox).where(over, func.coalesce(outbox.c.number, 0) < last))
    db.execute(delete(inbox).where(inbox.c.state.in_(("done", "dropped")), inbox.c.stored_at < now - REMEMBERED))
    idempotency.forget_old(db, now)
