"""Coordinators of organisations, as others ask registration for them: who they are, and what people let them see."""

from typing import Any

from sqlalchemy.orm import Session as OrmSession

from services.bus.audit import seen
from services.bus.entrypoints import Database, rpc
from services.bus.operated import Operated
from services.registration import access, models, nominating, schemas
from services.registration.accounts import coordinators, sharing
from services.registration.attendance import shared_places
from services.runtime import clock


class Coordinators(Operated):
    """The part of registration that lets organisations look after their own people."""

    database = Database()

    @rpc(schemas.coordinators.CoordinatorWanted, returns=schemas.coordinators.CoordinatorView, requires=access.team)
    def name_coordinator(self, db: OrmSession, caller: models.Person, given: dict[str, Any]) -> dict[str, Any]:
        return coordinators.name(db, caller, **given, now=clock.now())

    @rpc(
        schemas.coordinators.CoordinatorsAsked,
        returns=schemas.coordinators.CoordinatorPage,
        requires=access.team,
        records=seen("coordinators"),
    )
    def coordinators(self, db: OrmSession, given: dict[str, Any], cursor: str | None, limit: int) -> dict[str, Any]:
        return coordinators.page(db, given["organisation"], cursor, limit)

    @rpc(requires=access.team)
    def take_back_coordinator(self, db: OrmSession, caller: models.Person, id: str) -> None:
        coordinators.take_back(db, caller, id, clock.now())

    @rpc(returns=schemas.coordinators.CoordinatedPage)
    def coordinated(self, db: OrmSession, caller: models.Person) -> dict[str, Any]:
        return coordinators.own(db, caller)

    @rpc(
        returns=schemas.coordinators.PlacesShared,
        requires=access.coordinator,
        records=seen("coordinators/{id}/places"),
    )
    def shared_places(self, db: OrmSession, id: str, cursor: str | None, limit: int) -> dict[str, Any]:
        return shared_places.page(db, id, cursor, limit)

    @rpc(
        schemas.coordinators.NominationsWanted,
        returns=schemas.coordinators.NominationsMade,
        requires=access.coordinator,
        lane="session",
        records=seen("coordinators/{id}/nominations"),
    )
    def foresee_nominations(
        self, db: OrmSession, caller: models.Person, id: str, given: dict[str, Any]
    ) -> dict[str, Any]:
        return nominating.foresee(db, caller, id, clock.now(), **given)

    @rpc(
        schemas.coordinators.NominationsWanted,
        returns=schemas.coordinators.NominationsMade,
        requires=access.coordinator,
        lane="session",
    )
    def nominate(self, db: OrmSession, caller: models.Person, id: str, given: dict[str, Any]) -> dict[str, Any]:
        return nominating.nominate(db, caller, id, clock.now(), **given)

    @rpc(
        returns=schemas.coordinators.NominationPage,
        requires=access.coordinator,
        records=seen("coordinators/{id}/nominations"),
    )
    def nominations(
        self, db: OrmSession, caller: models.Person, id: str, cursor: str | None, limit: int
    ) -> dict[str, Any]:
        return nominating.page(db, caller, id, cursor, limit)

    @rpc(returns=schemas.coordinators.SharingView)
    def sharing(self, db: OrmSession, caller: models.Person) -> dict[str, Any]:
        return sharing.view(db, caller)

    @rpc(schemas.coordinators.SharingWanted, returns=schemas.coordinators.SharingView)
    def change_sharing(self, db: OrmSession, caller: models.Person, given: dict[str, Any]) -> dict[str, Any]:
        return sharing.change(db, caller, clock.now(), **given)
