"""Telling again what the catalogue holds, to a reader that does not know it: the snapshot, as events."""

from sqlalchemy import select
from sqlalchemy.orm import Session as OrmSession

from services.bus.outbox import announce
from services.catalogue import snapshot
from services.catalogue.models import City


def tell(db: OrmSession, cursor: str | None) -> str | None:
    """Announce a page of what is public, finished and cancelled sessions too; return where to go on, None at the end.

    Readers keep the city without asking for its version, so it must not change before this is announced.
    """
    db.execute(select(City.id).with_for_update(read=True))
    page = snapshot.page(db, cursor)
    for item in page["items"]:
        announce(db, **item)
    after: str | None = page["next"]
    return after
