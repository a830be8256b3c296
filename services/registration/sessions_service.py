"""What registration is asked of whole sessions by those who plan and run them."""

from typing import Any

from sqlalchemy.orm import Session as OrmSession

from services.bus.audit import seen
from services.bus.entrypoints import Database, rpc
from services.registration import access, models, schemas
from services.registration.attendance import day_sheet
from services.registration.places import drafts, withdrawing
from services.runtime import clock


class PlannedSessions:
    """The part of registration that answers whoever plans and runs sessions."""

    database = Database()

    @rpc(returns=schemas.Withdrawal, requires=access.team)
    def withdraw_session(self, db: OrmSession, slug: str) -> dict[str, Any]:
        return withdrawing.withdraw(db, slug, clock.now())

    @rpc(schemas.DraftCopies, requires=access.team)
    def copy_to_drafts(self, db: OrmSession, caller: models.Person, slug: str, given: dict[str, Any]) -> None:
        drafts.copy(db, caller, slug, clock.now(), **given)

    @rpc(requires=access.team)
    def forget_draft(self, db: OrmSession, slug: str) -> None:
        drafts.forget(db, slug)

    @rpc(requires=access.team)
    def forget_drafts(self, db: OrmSession, slugs: list[str]) -> None:
        drafts.forget_all(db, slugs)

    @rpc(returns=schemas.DaySheet, requires=access.facilitator, records=seen("sessions/{slug}/day-sheet"))
    def day_sheet(self, db: OrmSession, slug: str) -> dict[str, Any]:
        return day_sheet.facts(db, slug)
