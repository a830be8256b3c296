"""Until when a session that nobody has booked cannot be booked, because it is being made a draft again."""

import sqlalchemy as sa
from alembic import op

from services.runtime.dialects import Moment

revision = "0030"
down_revision = "0029"


def upgrade() -> None:
    """Add it; the release before writes none."""
    op.add_column("sessions", sa.Column("withdrawn_until", Moment, nullable=True))
