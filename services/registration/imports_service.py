"""Moving in, as others ask registration for it: files of people that are looked at, taken, and undone."""

from typing import Any

from sqlalchemy.orm import Session as OrmSession

from services.bus.audit import CHANGED, SEEN, Entry, Facts, changed, seen
from services.bus.entrypoints import Database, rpc
from services.bus.operated import Operated
from services.registration import access, imported, models
from services.registration.imports import importing
from services.registration.schemas import imports as schemas
from services.runtime import clock


def _taken(facts: Facts) -> list[Entry]:
    """Return what is recorded of a file: that it was taken; or that it was compared with people who are here."""
    kind = facts["kind"]
    return [Entry(SEEN, f"imports/{kind}")] if facts["dry_run"] else [Entry(CHANGED, f"imports/{kind}/{facts['id']}")]


class Imports(Operated):
    """The part of registration that takes in what another programme kept, for the team."""

    database = Database()

    @rpc(returns=schemas.ImportTaken, requires=access.team, records=_taken)
    def import_csv(self, db: OrmSession, caller: models.Person, kind: str, text: str, dry_run: bool) -> dict[str, Any]:
        take = importing.look if dry_run else importing.save
        return take(db, caller, kind, text, clock.now())

    @rpc(returns=schemas.ImportUndone, requires=access.team, records=changed("imports/{kind}/{id}/undo"))
    def undo_import(self, db: OrmSession, caller: models.Person, id: str) -> dict[str, Any]:
        return importing.undo(db, caller, id, clock.now())

    @rpc(returns=schemas.ImportView(many=True), requires=access.team, records=seen("imports"))
    def list_imports(self, db: OrmSession) -> list[dict[str, Any]]:
        return imported.page(db)

    @rpc(returns=schemas.ImportedBy(many=True), requires=access.team, records=seen("imports"))
    def importers(self, db: OrmSession, ids: list[str]) -> list[dict[str, Any]]:
        return imported.importers(db, ids)
