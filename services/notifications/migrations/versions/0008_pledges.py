"""Who is to be reminded of what they pledged after a session."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Note with each booking whether there is a pledge, and the version of what told so."""
    op.add_column("bookings", sa.Column("pledged", sa.Boolean, server_default=sa.text("false"), nullable=False))
    op.add_column("bookings", sa.Column("feedback_version", sa.Integer, server_default=sa.text("0"), nullable=False))
