"""The catalogue's table of contents: what it is asked, and what it does by itself."""

from typing import Any

from sqlalchemy.orm import Session as OrmSession

from services.bus import keeping
from services.bus.entrypoints import Database, SettingsProvider, rpc, timer, worker_loop
from services.bus.operated import Operated
from services.bus.outbox import wake
from services.bus.vouched import VouchedCallers
from services.catalogue import (
    access,
    asking,
    city,
    copying,
    copying_programmes,
    exporting,
    importing,
    links,
    materials,
    models,
    programmes,
    removing,
    renaming,
    replay,
    retention,
    schemas,
    sessions,
    snapshot,
    speakers,
    templates,
)
from services.catalogue.editing import find
from services.catalogue.pictures_service import Pictures
from services.catalogue.sheets import importing as importing_sheets
from services.catalogue.sheets import undoing
from services.runtime import clock

Given = dict[str, Any]


class Catalogue(Pictures, VouchedCallers, Operated):
    """Programmes, their sessions, and what the sessions leave behind."""

    name = "catalogue"
    database = Database()
    config = SettingsProvider()
    tell = staticmethod(replay.tell)
    ask = staticmethod(asking.ask)

    @rpc()
    def snapshot(self, db: OrmSession, cursor: str | None = None) -> Given:
        return snapshot.page(db, cursor)

    @rpc(returns=schemas.CityState, requires=access.team)
    def city(self, db: OrmSession) -> models.City:
        return city.one(db)

    @rpc(schemas.ChangedCity, returns=schemas.CityState, requires=access.team)
    def change_city(self, db: OrmSession, version: int, given: Given) -> models.City:
        return city.change(db, version, given, clock.now())

    @rpc(returns=schemas.SectorState, requires=access.team)
    def sector(self, db: OrmSession, code: str) -> models.Sector:
        return city.sector(db, code)

    @rpc(schemas.ChangedSector, returns=schemas.SectorState, requires=access.team)
    def change_sector(self, db: OrmSession, code: str, version: int, given: Given) -> models.Sector:
        return city.change_sector(db, code, version, given, clock.now())

    @rpc(returns=schemas.SessionView, requires=access.team)
    def session(self, db: OrmSession, slug: str) -> models.Session:
        return find(db, models.Session, slug=slug)

    @rpc(requires=access.team)
    def drafts(self, db: OrmSession, cursor: str | None = None, limit: int = 20) -> Given:
        return sessions.drafts(db, cursor, limit)

    @rpc(schemas.NewSession, returns=schemas.SessionView, requires=access.team)
    def create_session(self, db: OrmSession, given: Given) -> models.Session:
        return sessions.create(db, given, clock.now())

    @rpc(schemas.ChangedSession, returns=schemas.SessionView, requires=access.team)
    def change_session(self, db: OrmSession, slug: str, version: int, given: Given) -> models.Session:
        return sessions.change(db, slug, version, given, clock.now())

    @rpc(schemas.Copying, requires=access.team)
    def plan_copies(self, db: OrmSession, slug: str, given: Given) -> Given:
        return copying.plan(db, slug, given)

    @rpc(schemas.Copying, requires=access.team)
    def copy_session(self, db: OrmSession, slug: str, given: Given) -> Given:
        return copying.copy(db, slug, given, clock.now())

    @rpc(requires=access.team)
    def templates(self, db: OrmSession, cursor: str | None = None, limit: int = 20) -> Given:
        return templates.page(db, cursor, limit)

    @rpc(schemas.TemplateName, returns=schemas.SessionView, requires=access.team)
    def keep_template(self, db: OrmSession, slug: str, given: Given) -> models.Session:
        return templates.keep(db, slug, **given)

    @rpc(returns=schemas.SessionView, requires=access.team)
    def end_template(self, db: OrmSession, slug: str) -> models.Session:
        return templates.end(db, slug)

    @rpc(requires=access.team)
    def delete_session(self, db: OrmSession, slug: str) -> None:
        removing.delete_session(db, slug)

    @rpc(returns=schemas.SessionView, requires=access.team)
    def publish_session(self, db: OrmSession, slug: str) -> models.Session:
        return sessions.publish(db, slug, clock.now())

    @rpc(schemas.Unpublication, returns=schemas.SessionView, requires=access.team)
    def unpublish_session(self, db: OrmSession, slug: str, given: Given) -> models.Session:
        return sessions.unpublish(db, slug, clock.now(), **given)

    @rpc(schemas.Conversion, returns=schemas.SessionView, requires=access.team)
    def convert_session(self, db: OrmSession, slug: str, given: Given) -> models.Session:
        return sessions.convert(db, slug, given, clock.now())

    @rpc(schemas.Cancellation, returns=schemas.SessionView, requires=access.team)
    def cancel_session(self, db: OrmSession, slug: str, given: Given) -> models.Session:
        return sessions.cancel(db, slug, given["reason"], clock.now())

    @rpc(returns=schemas.SessionView, requires=access.team)
    def reinstate_session(self, db: OrmSession, slug: str) -> models.Session:
        return sessions.reinstate(db, slug, clock.now())

    @rpc(returns=schemas.ProgrammeState, requires=access.team)
    def programme(self, db: OrmSession, slug: str) -> models.Programme:
        return find(db, models.Programme, slug=slug)

    @rpc(schemas.NewProgramme, returns=schemas.ProgrammeState, requires=access.team)
    def create_programme(self, db: OrmSession, given: Given) -> models.Programme:
        return programmes.create(db, given, clock.now())

    @rpc(schemas.ChangedProgramme, returns=schemas.ProgrammeState, requires=access.team)
    def change_programme(self, db: OrmSession, slug: str, version: int, given: Given) -> models.Programme:
        return programmes.change(db, slug, version, given, clock.now())

    @rpc(returns=schemas.TopicList, requires=access.team)
    def topics(self, db: OrmSession) -> Given:
        return renaming.page(db)

    @rpc(returns=schemas.TopicView, requires=access.team)
    def topic(self, db: OrmSession, slug: str) -> Given:
        return renaming.one(db, slug)

    @rpc(schemas.Renaming, returns=schemas.TopicView, requires=access.team)
    def rename_topic(self, db: OrmSession, slug: str, given: Given) -> Given:
        return renaming.rename(db, slug, given["to"], clock.now())

    @rpc(schemas.Merging, returns=schemas.TopicView, requires=access.team)
    def merge_topic(self, db: OrmSession, slug: str, given: Given) -> Given:
        return renaming.merge(db, slug, given["into"], clock.now())

    @rpc(requires=access.team)
    def remove_topic(self, db: OrmSession, slug: str) -> None:
        renaming.remove(db, slug, clock.now())

    @rpc(schemas.ProgrammeCopying, requires=access.team)
    def plan_programme_copy(self, db: OrmSession, slug: str, given: Given) -> Given:
        return copying_programmes.plan(db, slug, given)

    @rpc(schemas.ProgrammeCopying, requires=access.team)
    def copy_programme(self, db: OrmSession, slug: str, given: Given) -> Given:
        return copying_programmes.copy(db, slug, given, clock.now())

    @rpc(returns=schemas.SpeakerState, requires=access.team)
    def speaker(self, db: OrmSession, slug: str) -> models.Speaker:
        return find(db, models.Speaker, slug=slug)

    @rpc(schemas.NewSpeaker, returns=schemas.SpeakerState, requires=access.team)
    def create_speaker(self, db: OrmSession, given: Given) -> models.Speaker:
        return speakers.create(db, given, clock.now())

    @rpc(schemas.ChangedSpeaker, returns=schemas.SpeakerState, requires=access.team)
    def change_speaker(self, db: OrmSession, slug: str, version: int, given: Given) -> models.Speaker:
        return speakers.change(db, slug, version, given, clock.now())

    @rpc(requires=access.team)
    def delete_speaker(self, db: OrmSession, slug: str) -> None:
        removing.delete_speaker(db, slug)

    @rpc(returns=schemas.MaterialState, requires=access.team)
    def material(self, db: OrmSession, id: str) -> models.Material:
        return find(db, models.Material, id=id)

    @rpc(schemas.NewMaterial, returns=schemas.MaterialState, requires=access.team)
    def add_material(self, db: OrmSession, slug: str, given: Given) -> models.Material:
        return materials.add(db, {**given, "session": slug})

    @rpc(schemas.OwnedMaterial, returns=schemas.MaterialState, requires=access.team)
    def create_material(self, db: OrmSession, given: Given) -> models.Material:
        return materials.add(db, given)

    @rpc(returns=schemas.MaterialsState, requires=access.team)
    def materials_of(self, db: OrmSession, programme: str | None, cursor: str | None = None, limit: int = 20) -> Given:
        return materials.page(db, programme, cursor, limit)

    @rpc(schemas.NewMaterials, returns=schemas.MaterialsPlan, requires=access.team)
    def plan_materials(self, db: OrmSession, given: Given) -> Given:
        return materials.plan(db, given)

    @rpc(schemas.NewMaterials, returns=schemas.MaterialsState, requires=access.team)
    def add_materials(self, db: OrmSession, given: Given) -> Given:
        return materials.add_all(db, given)

    @rpc(schemas.ChangedMaterial, returns=schemas.MaterialState, requires=access.team)
    def change_material(self, db: OrmSession, id: str, version: int, given: Given) -> models.Material:
        return materials.change(db, id, version, given, clock.now())

    @rpc(schemas.PublicationChecks, returns=schemas.MaterialState, requires=access.team)
    def publish_material(self, db: OrmSession, id: str, given: Given) -> models.Material:
        return materials.publish(db, id, given, clock.now())

    @rpc(returns=schemas.MaterialState, requires=access.team)
    def withdraw_material(self, db: OrmSession, id: str) -> models.Material:
        return materials.withdraw(db, id, clock.now())

    @rpc(returns=schemas.BrokenLinks, requires=access.team)
    def broken_links(self, db: OrmSession, cursor: str | None = None, limit: int = 20) -> Given:
        return links.broken(db, cursor, limit)

    @rpc(schemas.AnyObject, requires=access.staff)
    def import_programme(self, db: OrmSession, given: Given) -> Given:
        return importing.import_programme(db, given, clock.now())

    @rpc(requires=access.team)
    def import_csv(self, db: OrmSession, kind: str, text: str, dry_run: bool, caller: Given) -> Given:
        if dry_run:
            return importing_sheets.look(db, kind, text, clock.now())
        return importing_sheets.take(db, kind, text, caller["id"], clock.now())

    @rpc(returns=schemas.ImportUndone, requires=access.team)
    def undo_import(self, db: OrmSession, id: str) -> models.Import:
        return undoing.undo(db, id, clock.now())

    @rpc(returns=schemas.ImportView(many=True), requires=access.team)
    def list_imports(self, db: OrmSession) -> list[models.Import]:
        return undoing.to_undo(db, clock.now())

    @rpc(requires=access.staff)
    def export(self, db: OrmSession, cancelled: bool = False) -> Given:
        return exporting.export(db, cancelled=cancelled)

    @rpc(requires=access.staff)
    def session_versions(self, db: OrmSession) -> dict[str, int]:
        return exporting.versions_of(db)

    @timer(3600, once=True)
    def forget_what_has_run_out(self, db: OrmSession) -> None:
        if keeping.let_go(db, retention.RULES, clock.now()):
            wake(db, "forget_what_has_run_out")

    @timer(3600, once=True)
    def keep_up_links(self, db: OrmSession) -> None:
        if self.config.check_links:
            links.keep_up(db, clock.now())
            wake(db, "check_links")

    @worker_loop(idle=60.0)
    def check_links(self) -> bool:
        if not self.config.check_links:
            return False
        return links.check_next(self.database.begin, clock.now, self.ask)
