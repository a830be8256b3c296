"""How long the way to a session takes."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add it; nobody said anything of it until now."""
    op.add_column("sessions", sa.Column("travel_minutes", sa.Integer, nullable=False, server_default=sa.text("0")))
