"""Moving an installation, as others ask registration for it: people, bookings and attendance, out and in."""

from contextlib import suppress
from typing import Any

from sqlalchemy.orm import Session as OrmSession

from services.bus.audit import changed, seen
from services.bus.entrypoints import Database, SettingsProvider, rpc
from services.bus.operated import Operated
from services.registration import access, models
from services.registration.schemas import transfer as schemas
from services.registration.transfer import exporting, importing
from services.runtime import clock, erasures


class Transfer(Operated):
    """The part of registration that gives out all that it holds on everyone, and takes it in: to operators alone."""

    database = Database()
    settings = SettingsProvider()

    @rpc(requires=access.operator, records=seen("export"))
    def export_people(self, db: OrmSession, part: str, cursor: str | None = None) -> dict[str, Any]:
        return exporting.page(db, part, cursor)

    @rpc(schemas.PeopleFile, returns=schemas.Taken, requires=access.operator, records=changed("import"))
    def import_people(self, db: OrmSession, caller: models.Person, given: dict[str, Any]) -> dict[str, Any]:
        gone: set[str] = set()
        for file in erasures.lists(self.settings):
            with suppress(OSError):
                gone |= erasures.read(file).keys()
        return importing.take(db, caller, given, gone, clock.now())

    @rpc(requires=access.operator)
    def sessions_behind(self, db: OrmSession, versions: dict[str, int]) -> list[str]:
        return importing.behind(db, versions)
