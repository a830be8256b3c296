"""What people are told because it is time, what they do without, and what may wait for the morning."""

import sqlalchemy as sa
from alembic import op

from services.runtime.dialects import Moment

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Create the tables, and give bookings, sessions and messages what these need."""
    op.create_table(
        "occasions",
        sa.Column("session", sa.String(255), nullable=False),
        sa.Column("what", sa.String(20), nullable=False),
        sa.Column("meeting", sa.Integer, nullable=False),
        sa.Column("begins_at", Moment, nullable=False),
        sa.Column("due_at", Moment, nullable=False),
        sa.Column("told_at", Moment, nullable=True),
        sa.PrimaryKeyConstraint("session", "what", "meeting", name="pk_occasions"),
    )
    to_tell = sa.text("told_at IS NULL")
    op.create_index("ix_occasions_to_tell", "occasions", ["due_at"], postgresql_where=to_tell, sqlite_where=to_tell)
    op.create_table(
        "materials",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("session", sa.String(255), nullable=True),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("minutes", sa.Integer, nullable=True),
        sa.Column("audience", sa.String(20), nullable=False),
        sa.Column("published", sa.Boolean, nullable=False),
        sa.Column("told", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_materials"),
    )
    op.create_index("ix_materials_session", "materials", ["session"])
    op.create_table(
        "unwanted",
        sa.Column("person", sa.String(36), nullable=False),
        sa.Column("topic", sa.String(20), nullable=False),
        sa.Column("since", Moment, nullable=False),
        sa.PrimaryKeyConstraint("person", "topic", name="pk_unwanted"),
    )
    op.add_column("sessions", sa.Column("delivery", sa.String(20), nullable=True))
    op.add_column("sessions", sa.Column("change_told_at", Moment, nullable=True))
    op.add_column("bookings", sa.Column("confirmed_at", Moment, nullable=True))
    op.add_column("bookings", sa.Column("attendance", sa.String(20), nullable=True))
    no, none = sa.text("false"), sa.text("0")
    op.add_column("bookings", sa.Column("attendance_version", sa.Integer, server_default=none, nullable=False))
    op.add_column("bookings", sa.Column("certificate_told", sa.Boolean, server_default=no, nullable=False))
    op.add_column("bookings", sa.Column("feedback_given", sa.Boolean, server_default=no, nullable=False))
    op.add_column("messages", sa.Column("session", sa.String(255), nullable=True))
    op.add_column("messages", sa.Column("may_wait", sa.Boolean, server_default=no, nullable=False))
    op.create_index("ix_messages_session", "messages", ["session"])
