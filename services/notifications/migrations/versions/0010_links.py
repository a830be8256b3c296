"""When the link to join a session last changed."""

import sqlalchemy as sa
from alembic import op

from services.runtime.dialects import Moment

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Note with each session when its link became another one."""
    op.add_column("sessions", sa.Column("link_changed_at", Moment, nullable=True))
