"""Reports are dealt with, people are taken out of the community, and whoever sat with members is told of it."""

import sqlalchemy as sa
from alembic import op

from services.runtime.dialects import BigId, Moment

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Have reports say what was done; keep who was taken out, and who was told of whom they sat with."""
    op.add_column("reports", sa.Column("note", sa.Text, nullable=True))
    op.add_column("reports", sa.Column("dealt_with_at", Moment, nullable=True))
    op.add_column("reports", sa.Column("dealt_with_by", sa.String(36), nullable=True))
    op.add_column("reports", sa.Column("version", sa.Integer, nullable=False, server_default=sa.text("1")))
    op.create_table(
        "removals",
        sa.Column("position", BigId, nullable=False),
        sa.Column("person", sa.String(36), nullable=False),
        sa.Column("reason", sa.Text, nullable=True),
        sa.Column("by", sa.String(36), nullable=True),
        sa.Column("removed_at", Moment, nullable=False),
        sa.Column("let_in_at", Moment, nullable=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("position", name="pk_removals"),
        sa.UniqueConstraint("person", name="uq_removals_person"),
    )
    create_sittings()


def create_sittings() -> None:
    """Whose people are to be told whom they sat with, and who was told."""
    op.create_table(
        "sittings",
        sa.Column("session", sa.String(255), nullable=False),
        sa.Column("due_at", Moment, nullable=True),
        sa.PrimaryKeyConstraint("session", name="pk_sittings"),
    )
    some = sa.text("due_at IS NOT NULL")
    op.create_index("ix_sittings_due", "sittings", ["due_at"], postgresql_where=some, sqlite_where=some)
    op.create_table(
        "told_of_sittings",
        sa.Column("session", sa.String(255), nullable=False),
        sa.Column("person", sa.String(36), nullable=False),
        sa.PrimaryKeyConstraint("session", "person", name="pk_told_of_sittings"),
    )
    op.create_index("ix_told_of_sittings_person", "told_of_sittings", ["person"])
