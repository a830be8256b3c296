"""The catalogue's table of contents: what it is asked."""

from typing import Any

from sqlalchemy.orm import Session as OrmSession

from services.bus import health, parked
from services.bus.entrypoints import Database, rpc
from services.catalogue import (
    city,
    exporting,
    importing,
    materials,
    models,
    programmes,
    schemas,
    sessions,
    snapshot,
    speakers,
)
from services.catalogue.editing import find
from services.runtime import clock

Given = dict[str, Any]


class Catalogue:
    """Programmes, their sessions, and what the sessions leave behind."""

    name = "catalogue"
    database = Database()

    @rpc()
    def snapshot(self, db: OrmSession, cursor: str | None = None) -> Given:
        return snapshot.page(db, cursor)

    @rpc(returns=schemas.CityState)
    def city(self, db: OrmSession) -> models.City:
        return city.one(db)

    @rpc(schemas.ChangedCity, returns=schemas.CityState)
    def change_city(self, db: OrmSession, version: int, given: Given) -> models.City:
        return city.change(db, version, given, clock.now())

    @rpc(returns=schemas.SectorState)
    def sector(self, db: OrmSession, code: str) -> models.Sector:
        return city.sector(db, code)

    @rpc(schemas.ChangedSector, returns=schemas.SectorState)
    def change_sector(self, db: OrmSession, code: str, version: int, given: Given) -> models.Sector:
        return city.change_sector(db, code, version, given, clock.now())

    @rpc(returns=schemas.SessionView)
    def session(self, db: OrmSession, slug: str) -> models.Session:
        return find(db, models.Session, slug=slug)

    @rpc()
    def drafts(self, db: OrmSession, cursor: str | None = None, limit: int = 20) -> Given:
        return sessions.drafts(db, cursor, limit)

    @rpc(schemas.NewSession, returns=schemas.SessionView)
    def create_session(self, db: OrmSession, given: Given) -> models.Session:
        return sessions.create(db, given, clock.now())

    @rpc(schemas.ChangedSession, returns=schemas.SessionView)
    def change_session(self, db: OrmSession, slug: str, version: int, given: Given) -> models.Session:
        return sessions.change(db, slug, version, given, clock.now())

    @rpc(returns=schemas.SessionView)
    def publish_session(self, db: OrmSession, slug: str) -> models.Session:
        return sessions.publish(db, slug, clock.now())

    @rpc(schemas.Conversion, returns=schemas.SessionView)
    def convert_session(self, db: OrmSession, slug: str, given: Given) -> models.Session:
        return sessions.convert(db, slug, given, clock.now())

    @rpc(schemas.Cancellation, returns=schemas.SessionView)
    def cancel_session(self, db: OrmSession, slug: str, given: Given) -> models.Session:
        return sessions.cancel(db, slug, given["reason"], clock.now())

    @rpc(returns=schemas.ProgrammeState)
    def programme(self, db: OrmSession, slug: str) -> models.Programme:
        return find(db, models.Programme, slug=slug)

    @rpc(schemas.NewProgramme, returns=schemas.ProgrammeState)
    def create_programme(self, db: OrmSession, given: Given) -> models.Programme:
        return programmes.create(db, given, clock.now())

    @rpc(schemas.ChangedProgramme, returns=schemas.ProgrammeState)
    def change_programme(self, db: OrmSession, slug: str, version: int, given: Given) -> models.Programme:
        return programmes.change(db, slug, version, given, clock.now())

    @rpc(returns=schemas.SpeakerState)
    def speaker(self, db: OrmSession, slug: str) -> models.Speaker:
        return find(db, models.Speaker, slug=slug)

    @rpc(schemas.NewSpeaker, returns=schemas.SpeakerState)
    def create_speaker(self, db: OrmSession, given: Given) -> models.Speaker:
        return speakers.create(db, given, clock.now())

    @rpc(schemas.ChangedSpeaker, returns=schemas.SpeakerState)
    def change_speaker(self, db: OrmSession, slug: str, version: int, given: Given) -> models.Speaker:
        return speakers.change(db, slug, version, given, clock.now())

    @rpc(returns=schemas.MaterialState)
    def material(self, db: OrmSession, id: str) -> models.Material:
        return find(db, models.Material, id=id)

    @rpc(schemas.NewMaterial, returns=schemas.MaterialState)
    def add_material(self, db: OrmSession, slug: str, given: Given) -> models.Material:
        return materials.add(db, slug, given)

    @rpc(schemas.ChangedMaterial, returns=schemas.MaterialState)
    def change_material(self, db: OrmSession, id: str, version: int, given: Given) -> models.Material:
        return materials.change(db, id, version, given, clock.now())

    @rpc(schemas.PublicationChecks, returns=schemas.MaterialState)
    def publish_material(self, db: OrmSession, id: str, given: Given) -> models.Material:
        return materials.publish(db, id, given, clock.now())

    @rpc(returns=schemas.MaterialState)
    def withdraw_material(self, db: OrmSession, id: str) -> models.Material:
        return materials.withdraw(db, id, clock.now())

    @rpc(schemas.AnyObject)
    def import_programme(self, db: OrmSession, given: Given) -> Given:
        return importing.import_programme(db, given, clock.now())

    @rpc()
    def export(self, db: OrmSession) -> Given:
        return exporting.export(db)

    @rpc()
    def health(self, db: OrmSession) -> Given:
        return health.report(db)

    @rpc()
    def parked(self, db: OrmSession) -> Given:
        return parked.shown(db)

    @rpc()
    def retry_parked(self, db: OrmSession, ids: list[str]) -> int:
        return parked.retry(db, ids)

    @rpc()
    def drop_parked(self, db: OrmSession, ids: list[str]) -> int:
        return parked.drop(db, ids)
