"""The topics of sessions, for those who are told of a new one a while after others."""

import sqlalchemy as sa
from alembic import op

from services.runtime.dialects import Json

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    """Add the column. The release before does not fill it, and tells everyone at once."""
    op.add_column("sessions", sa.Column("topics", Json, nullable=True))
