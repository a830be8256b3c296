"""What a programme says of its places: when they can be handed on, and until when one cancels in time."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add both; until now nobody handed a place on, and nobody cancelled late."""
    hand_on = sa.Column("hand_on", sa.String(16), nullable=False, server_default=sa.text("'if_nobody_waits'"))
    op.add_column("programmes", hand_on)
    op.add_column("programmes", sa.Column("cancel_days", sa.Integer, nullable=True))
