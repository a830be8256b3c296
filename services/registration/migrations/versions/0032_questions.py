"""What a session asks of those who book it, and what they answer."""

import sqlalchemy as sa
from alembic import op

from services.runtime.dialects import Json, Moment

revision = "0032"
down_revision = "0031"


def upgrade() -> None:
    """Add the table and the columns. The release before asks nothing, and leaves what was answered as it is."""
    op.create_table(
        "question_sets",
        sa.Column("session_slug", sa.String(80), nullable=False),
        sa.Column("items", Json, nullable=False),
        sa.Column("kept_days", sa.Integer, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("session_slug", name="pk_question_sets"),
    )
    op.add_column("sessions", sa.Column("answers_until", Moment, nullable=True))
    op.add_column("bookings", sa.Column("answers", Json, nullable=True))
