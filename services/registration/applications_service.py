"""Applications for places, as others ask registration for them."""

from sqlalchemy.orm import Session as OrmSession

from services.bus.entrypoints import Database, rpc
from services.bus.operated import Operated
from services.registration import access
from services.registration.places import withdrawing


class Applications(Operated):
    """The part of registration that knows who applied for a place, and gives places to some of them."""

    database = Database()

    @rpc(requires=access.team)
    def check_unbooked(self, db: OrmSession, slug: str) -> None:
        withdrawing.check_unbooked(db, slug)
