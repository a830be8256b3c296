"""Sessions whose places the team gives to those who applied."""

import sqlalchemy as sa
from alembic import op

from services.runtime.dialects import Moment

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Add the columns; until now every session gave its places in the order of booking."""
    for table in ("programmes", "sessions"):
        op.add_column(table, sa.Column("by_application", sa.Boolean, nullable=False, server_default=sa.false()))
    op.add_column("sessions", sa.Column("applications_until", Moment, nullable=True))
