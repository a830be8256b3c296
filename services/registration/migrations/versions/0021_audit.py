"""The audit record, and the end of its chain. A row that is in the chain does not change."""

import sqlalchemy as sa
from alembic import op

from services.runtime.dialects import BigId, Moment

revision = "0021"
down_revision = "0020"
ON_POSTGRESQL = (
    "CREATE FUNCTION refuse_to_change_audit() RETURNS trigger LANGUAGE plpgsql AS "
    "$$ BEGIN RAISE EXCEPTION 'a row of the audit record does not change'; END $$",
    "CREATE TRIGGER audit_is_append_only BEFORE UPDATE ON audit FOR EACH ROW WHEN (OLD.number IS NOT NULL) "
    "EXECUTE FUNCTION refuse_to_change_audit()",
)
ON_SQLITE = (
    "CREATE TRIGGER audit_is_append_only BEFORE UPDATE ON audit WHEN OLD.number IS NOT NULL "
    "BEGIN SELECT RAISE(ABORT, 'a row of the audit record does not change'); END",
)


def upgrade() -> None:
    """Make the tables, and have the database refuse changes."""
    op.create_table(
        "audit",
        sa.Column("position", BigId, nullable=False),
        sa.Column("number", BigId, nullable=True),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("actor", sa.String(36), nullable=False),
        sa.Column("action", sa.String(30), nullable=False),
        sa.Column("object", sa.String(200), nullable=False),
        sa.Column("person", sa.String(36), nullable=True),
        sa.Column("session", sa.String(120), nullable=True),
        sa.Column("correlation_id", sa.String(36), nullable=True),
        sa.Column("previous_hash", sa.String(80), nullable=True),
        sa.Column("hash", sa.String(80), nullable=True),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_audit")),
        sa.UniqueConstraint("number", name=op.f("uq_audit_number")),
    )
    op.create_index("ix_audit_actor_object_at", "audit", ["actor", "object", "at"])
    op.create_index("ix_audit_person", "audit", ["person"])
    op.create_index("ix_audit_session_at", "audit", ["session", "at"])
    op.create_index("ix_audit_at", "audit", ["at"])
    unchained = sa.text("number IS NULL")
    op.create_index("ix_audit_unchained", "audit", ["position"], postgresql_where=unchained, sqlite_where=unchained)
    op.create_table(
        "audit_chain",
        sa.Column("id", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("dropped_number", BigId, nullable=False),
        sa.Column("dropped_hash", sa.String(80), nullable=False),
        sa.Column("last_number", BigId, nullable=False),
        sa.Column("last_hash", sa.String(80), nullable=False),
        sa.Column("seal", sa.String(80), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_chain")),
    )
    for statement in ON_POSTGRESQL if op.get_bind().dialect.name == "postgresql" else ON_SQLITE:
        op.execute(statement)
