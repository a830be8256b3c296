"""What people learned, as others ask registration for it."""

from typing import Any

from sqlalchemy.orm import Session as OrmSession

from services.bus.audit import seen
from services.bus.entrypoints import Database, rpc
from services.bus.operated import Operated
from services.registration import access, models, schemas
from services.registration.accounts import people
from services.registration.attendance import records
from services.runtime import clock


class Records(Operated):
    """The part of registration that answers for what people learned: to themselves, and to the team."""

    database = Database()

    @rpc(schemas.RecordsAsked, returns=schemas.RecordPage, requires=access.team, records=seen("records"))
    def records(self, db: OrmSession, given: dict[str, Any], cursor: str | None, limit: int) -> dict[str, Any]:
        return records.page(db, clock.now(), cursor, limit, **given)

    @rpc(schemas.Period, returns=schemas.Learning)
    def own_learning(self, db: OrmSession, caller: models.Person, given: dict[str, Any]) -> dict[str, Any]:
        return records.of_person(db, caller, clock.now(), **given)

    @rpc(schemas.Period, returns=schemas.Learning, requires=access.team, records=seen("people/{id}/learning"))
    def learning(self, db: OrmSession, id: str, given: dict[str, Any]) -> dict[str, Any]:
        return records.of_person(db, people.one(db, id), clock.now(), **given)
