"""Whom the programme reaches."""

import sqlalchemy as sa
from alembic import op

from services.runtime.dialects import BigId, Json, Moment

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Create the rows that figures are made of, the figures, and the notes of what is out of date."""
    op.create_table(
        "reached",
        sa.Column("id", BigId, nullable=False),
        sa.Column("booking", sa.String(64), nullable=True),
        sa.Column("person", sa.String(36), nullable=False),
        sa.Column("session", sa.String(255), nullable=False),
        sa.Column("sector", sa.String(40), nullable=False),
        sa.Column("organisation", sa.String(160), nullable=True),
        sa.Column("attended", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_reached"),
        sa.UniqueConstraint("booking", name="uq_reached_booking"),
    )
    for column in ("person", "session", "sector"):
        op.create_index(f"ix_reached_{column}", "reached", [column])
    op.create_table(
        "reach_marks",
        sa.Column("id", BigId, nullable=False),
        sa.Column("sector", sa.String(40), nullable=False),
        sa.Column("session", sa.String(255), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_reach_marks"),
    )
    op.create_index("ix_reach_marks_sector", "reach_marks", ["sector"])
    op.create_table(
        "reach_made",
        sa.Column("sector", sa.String(40), nullable=False),
        sa.Column("made_at", Moment, nullable=False),
        sa.Column("rows", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("sector", name="pk_reach_made"),
    )
    op.create_table(
        "reach_figures",
        sa.Column("period", sa.String(10), nullable=False),
        sa.Column("programme", sa.String(255), nullable=False),
        sa.Column("sector", sa.String(40), nullable=False),
        sa.Column("figures", Json, nullable=False),
        sa.PrimaryKeyConstraint("period", "programme", "sector", name="pk_reach_figures"),
    )
    op.create_table(
        "reach_rooms",
        sa.Column("session", sa.String(255), nullable=False),
        sa.Column("people", sa.Integer, nullable=False),
        sa.Column("sectors", sa.Integer, nullable=False),
        sa.Column("pairs", Json, nullable=False),
        sa.PrimaryKeyConstraint("session", name="pk_reach_rooms"),
    )
