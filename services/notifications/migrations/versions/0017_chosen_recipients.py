"""Whether a message of the team went to some bookings alone, which were chosen."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    """Add the column. The release before writes none, and writes to all of a kind."""
    op.add_column("mailings", sa.Column("chosen", sa.Boolean, nullable=False, server_default=sa.text("false")))
