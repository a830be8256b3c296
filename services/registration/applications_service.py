"""Applications for places, as others ask registration for them."""

from typing import Any

from sqlalchemy.orm import Session as OrmSession

from services.bus.audit import seen
from services.bus.entrypoints import Database, rpc
from services.bus.operated import Operated
from services.registration import access, deciding, models, schemas
from services.registration.many_service import each_changed
from services.registration.places import applications, withdrawing
from services.registration.schemas import applications as of_applications
from services.runtime import clock


class Applications(Operated):
    """The part of registration that knows who applied for a place, and gives places to some of them."""

    database = Database()

    @rpc(requires=access.team)
    def check_unbooked(self, db: OrmSession, slug: str) -> None:
        withdrawing.check_unbooked(db, slug)

    @rpc(returns=of_applications.ApplicationPage, requires=access.team, records=seen("sessions/{slug}/bookings"))
    def applications(self, db: OrmSession, slug: str, cursor: str | None, limit: int) -> dict[str, Any]:
        return applications.page(db, slug, cursor, limit)

    @rpc(returns=of_applications.SuggestedApplicants, requires=access.team, records=seen("sessions/{slug}/bookings"))
    def suggest_applicants(self, db: OrmSession, slug: str, places: int | None = None) -> dict[str, Any]:
        return applications.suggestion(db, slug, clock.now(), places)

    @rpc(
        of_applications.Decision,
        returns=schemas.BookingsChanged,
        requires=access.team,
        lane="slug",
        records=seen("sessions/{slug}/bookings"),
    )
    def foresee_decision(
        self, db: OrmSession, caller: models.Person, slug: str, given: dict[str, Any]
    ) -> dict[str, Any]:
        return deciding.foresee(db, caller, slug, given, clock.now())

    @rpc(
        of_applications.Decision,
        returns=schemas.BookingsChanged,
        requires=access.team,
        lane="slug",
        records=each_changed,
    )
    def decide_applications(
        self, db: OrmSession, caller: models.Person, slug: str, given: dict[str, Any]
    ) -> dict[str, Any]:
        return deciding.decide(db, caller, slug, given, clock.now())
