"""What is removed: how far its versions had come, so that a namesake is believed."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Make the table; until now nothing that people were told of was removed."""
    op.create_table(
        "removed",
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("kind", name="pk_removed"),
    )
