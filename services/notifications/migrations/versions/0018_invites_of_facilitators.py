"""What the calendars of those who facilitate a session were told."""

import sqlalchemy as sa
from alembic import op

from services.runtime.dialects import Json, Moment

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    """Add the table. Who facilitates a session already gets invites with the next change that they are told."""
    op.create_table(
        "facilitator_invites",
        sa.Column("reference", sa.String(36), nullable=False),
        sa.Column("host", sa.String(255), nullable=False),
        sa.Column("method", sa.String(10), nullable=False),
        sa.Column("sequence", sa.Integer, nullable=False),
        sa.Column("told", Json, nullable=False),
        sa.Column("entries", Json, nullable=False),
        sa.Column("issued_at", Moment, nullable=False),
        sa.CheckConstraint("method IN ('REQUEST', 'CANCEL')", name="ck_facilitator_invites_method"),
        sa.ForeignKeyConstraint(
            ["reference"], ["facilitators.id"], name="fk_facilitator_invites_reference_facilitators", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("reference", name="pk_facilitator_invites"),
    )
