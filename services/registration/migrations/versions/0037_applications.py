"""Sessions whose places the team gives to those who applied, and who applied and got none."""

import sqlalchemy as sa
from alembic import op

from services.runtime.dialects import Moment

revision = "0037"
down_revision = "0036"


def upgrade() -> None:
    """Add the columns. The release before knows of no applications, and gives those places in the order of booking."""
    op.add_column("sessions", sa.Column("by_application", sa.Boolean, nullable=False, server_default=sa.text("false")))
    op.add_column("sessions", sa.Column("applications_until", Moment, nullable=True))
    op.add_column("bookings", sa.Column("refused", sa.Boolean, nullable=False, server_default=sa.text("false")))
    refused = sa.text("refused")
    op.create_index("ix_bookings_refused", "bookings", ["person_id"], sqlite_where=refused, postgresql_where=refused)
