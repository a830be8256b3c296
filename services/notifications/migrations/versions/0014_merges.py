"""Accounts that are a part of another of the same person, and what passed to that one."""

import sqlalchemy as sa
from alembic import op

from services.runtime.dialects import BigId, Json

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Add both; the release before knows nothing of them."""
    op.add_column("people", sa.Column("merged_into", sa.String(36), nullable=True))
    op.create_index("ix_people_merged_into", "people", ["merged_into"])
    op.create_table(
        "merge_moves",
        sa.Column("position", BigId, nullable=False),
        sa.Column("owner", sa.String(36), nullable=False),
        sa.Column("place", sa.String(80), nullable=False),
        sa.Column("key", Json, nullable=False),
        sa.Column("row", Json, nullable=True),
        sa.PrimaryKeyConstraint("position", name="pk_merge_moves"),
    )
    op.create_index("ix_merge_moves_owner", "merge_moves", ["owner"])
