"""Drafts of what the team writes to the people of a session, and who wrote what was sent."""

import sqlalchemy as sa
from alembic import op

from services.runtime.dialects import BigId, Json, Moment

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    """Create the table, and add the column. Of what was sent before, it is not known who wrote it."""
    op.create_table(
        "message_drafts",
        sa.Column("position", BigId, nullable=False),
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("session", sa.String(255), nullable=False),
        sa.Column("recipients", sa.String(10), nullable=True),
        sa.Column("bookings", Json, nullable=True),
        sa.Column("subject", sa.Text, nullable=True),
        sa.Column("body", sa.Text, nullable=True),
        sa.Column("saved_by", sa.String(36), nullable=True),
        sa.Column("saved_at", Moment, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("position", name="pk_message_drafts"),
        sa.UniqueConstraint("id", name="uq_message_drafts_id"),
        sa.CheckConstraint("recipients IN ('confirmed', 'waiting', 'all')", name=op.f("ck_message_drafts_recipients")),
    )
    op.add_column("mailings", sa.Column("written_by", sa.String(36), nullable=True))
    named = sa.text("written_by IS NOT NULL")
    op.create_index("ix_mailings_written_by", "mailings", ["written_by"], postgresql_where=named, sqlite_where=named)
