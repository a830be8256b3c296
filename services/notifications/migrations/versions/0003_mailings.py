"""What the team says to the people of a session."""

import sqlalchemy as sa
from alembic import op

from services.runtime.dialects import BigId, Moment

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "mailings",
        sa.Column("position", BigId, nullable=False),
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("session", sa.String(255), nullable=False),
        sa.Column("recipients", sa.String(10), nullable=False),
        sa.Column("subject", sa.Text, nullable=True),
        sa.Column("body", sa.Text, nullable=True),
        sa.Column("correlation_id", sa.String(36), nullable=True),
        sa.Column("created_at", Moment, nullable=False),
        sa.PrimaryKeyConstraint("position", name="pk_mailings"),
        sa.UniqueConstraint("id", name="uq_mailings_id"),
        sa.CheckConstraint("recipients IN ('confirmed', 'waiting', 'all')", name=op.f("ck_mailings_recipients")),
    )
    op.create_index("ix_mailings_session", "mailings", ["session"])
