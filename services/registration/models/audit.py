"""The audit record: rows that are added and never changed, and the end of their chain."""

from datetime import datetime

from sqlalchemy import DDL, Index, String, event, text
from sqlalchemy.orm import Mapped, mapped_column

from services.registration.models.people import Base
from services.runtime.dialects import BigId, Moment


class Audit(Base):
    """That an `actor` did something with an `object`: a person's id, `command`, `system` or `unknown`.

    `person` is whose data it was, and `session` whose people they were, where that can be said. There is no foreign
    key: a row outlives what it is about. `number`, `previous_hash` and `hash` are null until the row is in the chain.
    """

    __tablename__ = "audit"
    __table_args__ = (
        Index("ix_audit_actor_object_at", "actor", "object", "at"),
        Index("ix_audit_person", "person"),
        Index("ix_audit_session_at", "session", "at"),
        Index("ix_audit_at", "at"),
        Index(
            "ix_audit_unchained",
            "position",
            postgresql_where=text("number IS NULL"),
            sqlite_where=text("number IS NULL"),
        ),
    )

    position: Mapped[int] = mapped_column(BigId, primary_key=True)
    number: Mapped[int | None] = mapped_column(BigId, unique=True)
    at: Mapped[datetime] = mapped_column(Moment)
    actor: Mapped[str] = mapped_column(String(36))
    action: Mapped[str] = mapped_column(String(30))
    object: Mapped[str] = mapped_column(String(200))
    person: Mapped[str | None] = mapped_column(String(36))
    session: Mapped[str | None] = mapped_column(String(120))
    correlation_id: Mapped[str | None] = mapped_column(String(36))
    previous_hash: Mapped[str | None] = mapped_column(String(80))
    hash: Mapped[str | None] = mapped_column(String(80))


class AuditChain(Base):
    """Where the chain begins and ends, in one row: the last row that was dropped for its age, and the last of all.

    `seal` is a keyed hash of the rest, so that rows taken off the end are missed.
    """

    __tablename__ = "audit_chain"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    dropped_number: Mapped[int] = mapped_column(BigId)
    dropped_hash: Mapped[str] = mapped_column(String(80))
    last_number: Mapped[int] = mapped_column(BigId)
    last_hash: Mapped[str] = mapped_column(String(80))
    seal: Mapped[str] = mapped_column(String(80))


# The database itself refuses to change a row of the chain: migration 0021 says the same.
_REFUSES = {
    "postgresql": (
        "CREATE FUNCTION refuse_to_change_audit() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'a row of the audit record does not change'; END $$",
        "CREATE TRIGGER audit_is_append_only BEFORE UPDATE ON audit FOR EACH ROW WHEN (OLD.number IS NOT NULL) "
        "EXECUTE FUNCTION refuse_to_change_audit()",
    ),
    "sqlite": (
        "CREATE TRIGGER audit_is_append_only BEFORE UPDATE ON audit WHEN OLD.number IS NOT NULL "
        "BEGIN SELECT RAISE(ABORT, 'a row of the audit record does not change'); END",
    ),
}
for _dialect, _statements in _REFUSES.items():
    for _statement in _statements:
        event.listen(Audit.__table__, "after_create", DDL(_statement).execute_if(dialect=_dialect))  # type: ignore[no-untyped-call]
