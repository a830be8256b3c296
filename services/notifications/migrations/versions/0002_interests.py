"""What people want to hear of, and the programme that a session is part of."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Create the copies of interests, and give those of sessions their programme."""
    op.add_column("sessions", sa.Column("programme", sa.String(255), nullable=True))
    op.create_table(
        "interests",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("person", sa.String(36), nullable=False),
        sa.Column("topic", sa.String(255), nullable=True),
        sa.Column("programme", sa.String(255), nullable=True),
        sa.Column("session", sa.String(255), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_interests"),
    )
    for column in ("person", "topic", "programme", "session"):
        op.create_index(f"ix_interests_{column}", "interests", [column])
