"""Who facilitates which session, and what they were last told of it."""

import sqlalchemy as sa
from alembic import op

from services.runtime.dialects import Json

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Add the table; who facilitates a session already is announced again by registration (docs/operations.md)."""
    op.create_table(
        "facilitators",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("person", sa.String(36), nullable=True),
        sa.Column("session", sa.String(255), nullable=True),
        sa.Column("told", Json, nullable=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_facilitators"),
    )
    op.create_index("ix_facilitators_person", "facilitators", ["person"])
    op.create_index("ix_facilitators_session", "facilitators", ["session"])
