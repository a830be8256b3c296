"""Handing a place on, and cancelling late: what the programme says of it, and which bookings were cancelled late."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Add it; until now nobody handed a place on, and nobody cancelled late."""
    hand_on = sa.Column("hand_on", sa.String(16), nullable=False, server_default=sa.text("'if_nobody_waits'"))
    op.add_column("sessions", hand_on)
    op.add_column("sessions", sa.Column("cancel_days", sa.Integer, nullable=True))
    late = sa.Column("cancelled_late", sa.Boolean, nullable=False, server_default=sa.text("false"))
    op.add_column("bookings", late)
