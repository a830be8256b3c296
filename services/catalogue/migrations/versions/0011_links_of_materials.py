"""What became of the addresses of materials when they were asked."""

import sqlalchemy as sa
from alembic import op

from services.runtime.dialects import BigId, Moment

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Create the table; it fills once links are checked."""
    op.create_table(
        "links",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("url", sa.String(2000), nullable=False),
        sa.Column("host", sa.String(253), nullable=False),
        sa.Column("due_at", Moment, nullable=False),
        sa.Column("held_until", Moment, nullable=True),
        sa.Column("checked_at", Moment, nullable=True),
        sa.Column("said", sa.Text, nullable=True),
        sa.Column("failing_since", Moment, nullable=True),
        sa.Column("broken_since", Moment, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_links"),
        sa.UniqueConstraint("url", name="uq_links_url"),
    )
    op.create_index("ix_links_due_at", "links", ["due_at"])
    held = sa.text("held_until IS NOT NULL")
    op.create_index("uq_links_host_held", "links", ["host"], unique=True, sqlite_where=held, postgresql_where=held)
