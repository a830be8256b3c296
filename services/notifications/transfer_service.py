"""Moving an installation, as others ask notifications for it, and as it hears of it."""

from typing import Any

from sqlalchemy.orm import Session as OrmSession

from services.bus.audit import seen
from services.bus.entrypoints import Database, rpc, subscribe
from services.bus.envelope import Envelope
from services.bus.operated import Operated
from services.notifications import access, events, transfer


class Transfer(Operated):
    """The part of notifications that gives operators what everyone chose, and takes it in with imported people."""

    database = Database()

    @rpc(requires=access.operator, records=seen("export"))
    def export_choices(self, db: OrmSession, cursor: str | None = None) -> dict[str, Any]:
        return transfer.page(db, cursor)

    @subscribe("registration.choices_imported.v1", reads=events.ChoicesImportedRead)
    def take_choices(self, db: OrmSession, event: Envelope) -> None:
        transfer.take(db, event)
