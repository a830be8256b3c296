"""Drafts of the team's messages, as others ask notifications for them."""

from typing import Any

from sqlalchemy.orm import Session as OrmSession

from services.bus.audit import changed
from services.bus.entrypoints import Database, rpc
from services.bus.operated import Operated
from services.notifications import access, drafts, schemas
from services.runtime import clock


class MessageDrafts(Operated):
    """The part of notifications that keeps what the team has not sent yet."""

    database = Database()

    @rpc(returns=schemas.MessageDraftPage, requires=access.team)
    def message_drafts(self, db: OrmSession, cursor: str | None, limit: int) -> dict[str, Any]:
        return drafts.page(db, cursor, limit)

    @rpc(returns=schemas.MessageDraftView, requires=access.team)
    def message_draft(self, db: OrmSession, id: str) -> dict[str, Any]:
        return drafts.one(db, id)

    @rpc(
        schemas.MessageDraftBegun,
        returns=schemas.MessageDraftView,
        requires=access.team,
        records=changed("message-drafts/{id}"),
    )
    def begin_message_draft(self, db: OrmSession, caller: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
        return drafts.begin(db, caller["id"], clock.now(), given["session"], given)

    @rpc(
        schemas.MessageDraftText,
        returns=schemas.MessageDraftView,
        requires=access.team,
        records=changed("message-drafts/{id}"),
    )
    def change_message_draft(
        self, db: OrmSession, caller: dict[str, Any], id: str, version: int, given: dict[str, Any]
    ) -> dict[str, Any]:
        return drafts.change(db, id, version, caller["id"], clock.now(), given)

    @rpc(requires=access.team, records=changed("message-drafts/{id}"))
    def drop_message_draft(self, db: OrmSession, id: str) -> None:
        drafts.drop(db, id)
