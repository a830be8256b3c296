"""What became of a letter after it was sent, addresses that take no mail, and the pace of sending."""

import sqlalchemy as sa
from alembic import op

from services.runtime.dialects import BigId, Moment

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Let messages be delivered and bounced, keep one recipient's in order, and create the tables."""
    with op.batch_alter_table("messages") as messages:
        if op.get_bind().dialect.name == "postgresql":  # SQLite's tables are copied without their checks
            messages.drop_constraint(op.f("ck_messages_state"), type_="check")
        messages.create_check_constraint(
            op.f("ck_messages_state"), "state IN ('queued', 'sent', 'delivered', 'bounced', 'failed')"
        )
    queued = sa.text("state = 'queued'")
    order = ["urgency", "due_at", "created_at", "booking_version"]  # all of it: many messages have one cause and time
    op.drop_index("ix_messages_queue", "messages")
    op.create_index("ix_messages_queue", "messages", order, postgresql_where=queued, sqlite_where=queued)
    op.create_index(
        "ix_messages_order", "messages", ["recipient", "created_at"], postgresql_where=queued, sqlite_where=queued
    )
    op.create_index("ix_people_email", "people", ["email"])
    op.create_table(
        "undeliverable",
        sa.Column("position", BigId, nullable=False),
        sa.Column("address", sa.String(254), nullable=False),
        sa.Column("since", Moment, nullable=False),
        sa.Column("status", sa.String(12), nullable=False),
        sa.Column("why", sa.Text, nullable=False),
        sa.Column("message", sa.String(36), nullable=False),
        sa.PrimaryKeyConstraint("position", name="pk_undeliverable"),
        sa.UniqueConstraint("address", name="uq_undeliverable_address"),
    )
    op.create_table(
        "pace",
        sa.Column("id", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("next_at", Moment, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_pace"),
        sa.CheckConstraint("id = 1", name=op.f("ck_pace_id")),
    )
