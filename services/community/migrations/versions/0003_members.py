"""Members, whom they block, introductions and reports."""

import sqlalchemy as sa
from alembic import op

from services.runtime.dialects import BigId, Json, Moment

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Create members, blocks, introductions and reports."""
    create_members()
    create_introductions()


def create_members() -> None:
    """Who can be found, and by whom not."""
    op.create_table(
        "members",
        sa.Column("position", BigId, nullable=False),
        sa.Column("person", sa.String(36), nullable=False),
        sa.Column("about", sa.Text, nullable=True),
        sa.Column("topics", Json, nullable=False),
        sa.Column("tell_tablemates", sa.Boolean, nullable=False),
        sa.Column("joined_at", Moment, nullable=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("position", name="pk_members"),
        sa.UniqueConstraint("person", name="uq_members_person"),
    )
    op.create_table(
        "blocks",
        sa.Column("position", BigId, nullable=False),
        sa.Column("by", sa.String(36), nullable=False),
        sa.Column("person", sa.String(36), nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.PrimaryKeyConstraint("position", name="pk_blocks"),
        sa.UniqueConstraint("by", "person", name="uq_blocks_by_person"),
    )
    op.create_index("ix_blocks_person", "blocks", ["person"])


def create_introductions() -> None:
    """Who asked to meet whom, and what was reported of it."""
    op.create_table(
        "introductions",
        sa.Column("position", BigId, nullable=False),
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("by", sa.String(36), nullable=False),
        sa.Column("to", sa.String(36), nullable=False),
        sa.Column("first", sa.String(36), nullable=False),
        sa.Column("second", sa.String(36), nullable=False),
        sa.Column("message", sa.Text, nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("proposed_at", Moment, nullable=False),
        sa.Column("expires_at", Moment, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("position", name="pk_introductions"),
        sa.UniqueConstraint("id", name="uq_introductions_id"),
        sa.CheckConstraint(
            "state IN ('proposed', 'accepted', 'declined', 'withdrawn', 'expired')", name="ck_introductions_state"
        ),
    )
    still_open = sa.text("state = 'proposed'")
    op.create_index(
        "uq_introductions_open_pair", "introductions", ["first", "second"], unique=True,
        postgresql_where=still_open, sqlite_where=still_open,
    )  # fmt: skip
    op.create_index("ix_introductions_of_asker", "introductions", ["by", "proposed_at"])
    op.create_index("ix_introductions_to", "introductions", ["to"])
    op.create_table(
        "reports",
        sa.Column("position", BigId, nullable=False),
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("introduction", sa.String(36), nullable=False),
        sa.Column("by", sa.String(36), nullable=False),
        sa.Column("person", sa.String(36), nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.PrimaryKeyConstraint("position", name="pk_reports"),
        sa.UniqueConstraint("id", name="uq_reports_id"),
        sa.UniqueConstraint("introduction", "by", name="uq_reports_introduction_by"),
    )
    op.create_index("ix_reports_by", "reports", ["by"])
    op.create_index("ix_reports_person", "reports", ["person"])
