"""What topics are called now, and interests that change with that."""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"


def upgrade() -> None:
    """Add both. An older release beside this one makes interests of version 1, and withdraws them under version 2."""
    op.create_table(
        "topic_names",
        sa.Column("old", sa.String(80), nullable=False),
        sa.Column("new", sa.String(80), nullable=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("old", name="pk_topic_names"),
    )
    op.add_column("interests", sa.Column("version", sa.Integer, nullable=False, server_default=sa.text("1")))
