"""What topics are called now."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "topic_names",
        sa.Column("old", sa.String(255), nullable=False),
        sa.Column("new", sa.String(255), nullable=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("old", name="pk_topic_names"),
    )
