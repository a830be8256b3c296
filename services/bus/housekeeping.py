"""What a service's database need not remember: events that arrived long ago, and answers whose keys have run out."""

from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlalchemy.orm import Session as OrmSession

from services.bus import idempotency
from services.bus.models import inbox, outbox

REMEMBERED = timedelta(days=7)  # an event can be delivered again for as long as a broker might hold it


def forget_what_is_over(db: OrmSession, now: datetime) -> None:
    """Drop published events, handled events, and answers, each when its time is over. Parked events stay."""
    db.execute(delete(outbox).where(outbox.c.published_at < now - REMEMBERED))
    db.execute(delete(inbox).where(inbox.c.state.in_(("done", "dropped")), inbox.c.stored_at < now - REMEMBERED))
    idempotency.forget_old(db, now)
