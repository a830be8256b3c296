"""When accounts were made, and which organisations the team has confirmed."""

import sqlalchemy as sa
from alembic import op

from services.runtime.dialects import BigId, Moment

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Add both. Of the people who are known already it stays open when they came: they are new no longer."""
    op.add_column("people", sa.Column("created_at", Moment, nullable=True))
    op.create_table(
        "confirmed_organisations",
        sa.Column("position", BigId, nullable=False),
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("key", sa.String(160), nullable=False),
        sa.Column("name", sa.String(160), nullable=False),
        sa.Column("email_domain", sa.String(200), nullable=True),
        sa.Column("confirmed_at", Moment, nullable=False),
        sa.Column("confirmed_by", sa.String(36), nullable=True),
        sa.PrimaryKeyConstraint("position", name="pk_confirmed_organisations"),
        sa.UniqueConstraint("id", name="uq_confirmed_organisations_id"),
        sa.UniqueConstraint("key", name="uq_confirmed_organisations_key"),
    )
