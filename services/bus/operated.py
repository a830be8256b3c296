"""What every service answers to those who keep it running."""

from typing import Any

from sqlalchemy.orm import Session as OrmSession

from services.bus import health, parked, reconciliation
from services.bus.entrypoints import rpc
from services.runtime import clock


class Operated:
    """How it is, and the events that it could not handle."""

    @rpc()
    def health(self, db: OrmSession) -> dict[str, Any]:
        """Return how the service is."""
        return health.report(db)

    @rpc()
    def published(self, db: OrmSession, types: list[str], number: int) -> dict[str, Any]:
        """Return what was published of these types after that number, for a reader that compares."""
        return reconciliation.published_after(db, types, number, clock.now())

    @rpc(keep_answer=False)
    def publish_again(self, db: OrmSession, reader: str, ids: list[str]) -> int:
        """Publish events again to a reader that misses them; return how many there still are."""
        return reconciliation.publish_again(db, reader, ids, clock.now())

    @rpc()
    def parked(self, db: OrmSession) -> dict[str, Any]:
        """Return the events that are parked."""
        return parked.shown(db)

    @rpc()
    def retry_parked(self, db: OrmSession, ids: list[str]) -> int:
        """Handle parked events again; return how many those are."""
        return parked.retry(db, ids)

    @rpc()
    def drop_parked(self, db: OrmSession, ids: list[str]) -> int:
        """Drop parked events for good; return how many those were."""
        return parked.drop(db, ids)
