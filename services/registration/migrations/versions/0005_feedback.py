"""What people thought of a session."""

import sqlalchemy as sa
from alembic import op

from services.runtime.dialects import BigId, Moment

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Add it."""
    op.create_table(
        "feedback",
        sa.Column("id", BigId, nullable=False),
        sa.Column("booking_id", BigId, nullable=True),
        sa.Column("session_slug", sa.String(80), nullable=False),
        sa.Column("useful", sa.Integer, nullable=False),
        sa.Column("differently", sa.Text, nullable=True),
        sa.Column("next", sa.Text, nullable=True),
        sa.Column("given_at", Moment, nullable=True),
        sa.Column("changed_at", Moment, nullable=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.CheckConstraint("useful BETWEEN 1 AND 5", name="ck_feedback_useful"),
        sa.CheckConstraint("(booking_id IS NULL) = (given_at IS NULL)", name="ck_feedback_given_by_somebody"),
        sa.CheckConstraint(
            "booking_id IS NOT NULL OR (differently IS NULL AND next IS NULL AND changed_at IS NULL)",
            name="ck_feedback_nobody_said_nothing",
        ),
        sa.ForeignKeyConstraint(["booking_id"], ["bookings.id"], name="fk_feedback_booking_id_bookings"),
        sa.ForeignKeyConstraint(["session_slug"], ["sessions.slug"], name="fk_feedback_session_slug_sessions"),
        sa.PrimaryKeyConstraint("id", name="pk_feedback"),
        sa.UniqueConstraint("booking_id", name="uq_feedback_booking_id"),
    )
    op.create_index("ix_feedback_of_session", "feedback", ["session_slug", "id"])
