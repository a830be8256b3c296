"""An index of the bookings that moved, by which those are found that a session once had."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Add it. It holds moves alone, so that no booking that is made or cancelled writes to it."""
    moved = sa.text("what = 'booking_moved'")
    op.create_index(
        "ix_booking_changes_moved", "booking_changes", ["booking_id"], postgresql_where=moved, sqlite_where=moved
    )
