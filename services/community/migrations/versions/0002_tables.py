"""Who sits with whom."""

import sqlalchemy as sa
from alembic import op

from services.runtime.dialects import BigId, Json, Moment

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Create plans and their seats."""
    op.create_table(
        "plans",
        sa.Column("id", BigId, nullable=False),
        sa.Column("session", sa.String(255), nullable=False),
        sa.Column("status", sa.String(10), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("rounds", sa.Integer, nullable=False),
        sa.Column("wishes", Json, nullable=False),
        sa.Column("made_at", Moment, nullable=False),
        sa.Column("published_at", Moment, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_plans"),
        sa.UniqueConstraint("session", "status", name="uq_plans_session_status"),
        sa.CheckConstraint("status IN ('draft', 'published')", name="ck_plans_status"),
    )
    op.create_table(
        "seats",
        sa.Column("plan", BigId, nullable=False),
        sa.Column("round", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("person", sa.String(36), nullable=False),
        sa.Column("reference", sa.String(64), nullable=False),
        sa.Column("table", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("plan", "round", "person", name="pk_seats"),
        sa.ForeignKeyConstraint(["plan"], ["plans.id"], name="fk_seats_plan_plans", ondelete="CASCADE"),
    )
    op.create_index("ix_seats_at_table", "seats", ["plan", "round", "table"])
    op.create_index("ix_seats_person", "seats", ["person"])
