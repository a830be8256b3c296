"""What every service answers to those who keep it running."""

from typing import Any, ClassVar

from sqlalchemy.orm import Session as OrmSession

from services.bus import audit, health, parked, reconciliation
from services.bus.entrypoints import rpc
from services.bus.replay import announced_again, forget_told
from services.runtime import clock


class Operated:
    """How it is, and the events that it could not handle.

    `tell` announces all that there is, page by page, for readers that know nothing of it: see `replay`.
    """

    tell: ClassVar[Any] = None  # a `replay.Tell`
    tells_of_use: ClassVar[str]  # of a service whose methods record: the event that says so

    @classmethod
    def how_it_is(cls, db: OrmSession) -> dict[str, Any]:
        """Return how the service is, for those who ask it and for its own process."""
        return health.report(db)

    def record(self, db: OrmSession, caller: Any, entries: list[audit.Entry]) -> None:
        """Announce what a caller did with the data of others, for the service that keeps the audit record."""
        audit.announce_used(db, self.tells_of_use, caller["id"], entries)

    @rpc()
    def health(self, db: OrmSession) -> dict[str, Any]:
        """Return how the service is."""
        return self.how_it_is(db)

    @rpc()
    def published(self, db: OrmSession, types: list[str], number: int) -> dict[str, Any]:
        """Return what was published of these types after that number, for a reader that compares."""
        return reconciliation.published_after(db, types, number, clock.now())

    @rpc(keep_answer=False)
    def publish_again(self, db: OrmSession, reader: str, ids: list[str]) -> int:
        """Publish events again to a reader that misses them; return how many there still are."""
        return reconciliation.publish_again(db, reader, ids, clock.now())

    @rpc(keep_answer=False)
    def announce_again(self, db: OrmSession, reader: str, types: list[str], after: Any = None) -> dict[str, Any]:
        """Announce to one reader alone a page of what there is; return what was told and where to go on."""
        return announced_again(db, self.tell, reader, types, after)

    @rpc(keep_answer=False)
    def forget_told(self, db: OrmSession, ids: list[str]) -> None:
        """Keep nothing of what was announced again: it can be told once more."""
        forget_told(db, ids)

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
