"""Where people are signed in, and when they were last there."""

import sqlalchemy as sa
from alembic import op

from services.runtime.dialects import Moment

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    """Add the columns. Who is signed in now stays so until their token expires, as it was told then."""
    op.add_column("tokens", sa.Column("device", sa.String(60), nullable=True))
    op.add_column("tokens", sa.Column("seen_at", Moment, nullable=True))
