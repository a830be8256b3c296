"""The trace that a message is a part of, so that its sending is one, too."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Have messages say so; those that are there belong to none."""
    op.add_column("messages", sa.Column("traceparent", sa.String(55), nullable=True))
