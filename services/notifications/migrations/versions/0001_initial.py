"""The tables of the first release."""

import sqlalchemy as sa
from alembic import op

from services.bus.migrations import create_bus_tables_v1
from services.runtime.dialects import Json, Moment

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create the bus's tables and this service's."""
    create_bus_tables_v1()
    create_copies()
    create_bookings()
    create_messages()


def create_copies() -> None:
    """What registration and the catalogue told."""
    op.create_table(
        "people",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("email", sa.String(254), nullable=True),
        sa.Column("name", sa.Text, nullable=True),
        sa.Column("erased", sa.Boolean, server_default=sa.text("false"), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_people"),
    )
    op.create_table(
        "sessions",
        sa.Column("slug", sa.String(255), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("cancel_reason", sa.Text, nullable=True),
        sa.Column("meetings", Json, nullable=False),
        sa.Column("venue", Json, nullable=True),
        sa.Column("join_url", sa.Text, nullable=True),
        sa.PrimaryKeyConstraint("slug", name="pk_sessions"),
    )


def create_bookings() -> None:
    """Bookings, and the invites of those that had a place."""
    op.create_table(
        "bookings",
        sa.Column("reference", sa.String(64), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("person", sa.String(36), nullable=False),
        sa.Column("session", sa.String(255), nullable=False),
        sa.Column("mode", sa.String(10), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.PrimaryKeyConstraint("reference", name="pk_bookings"),
    )
    op.create_index("ix_bookings_person", "bookings", ["person"])
    op.create_index("ix_bookings_session", "bookings", ["session"])
    op.create_table(
        "invites",
        sa.Column("reference", sa.String(64), nullable=False),
        sa.Column("host", sa.String(255), nullable=False),
        sa.Column("method", sa.String(10), nullable=False),
        sa.Column("sequence", sa.Integer, nullable=False),
        sa.Column("told", Json, nullable=False),
        sa.Column("issued_at", Moment, nullable=False),
        sa.PrimaryKeyConstraint("reference", name="pk_invites"),
        sa.ForeignKeyConstraint(
            ["reference"], ["bookings.reference"], name="fk_invites_reference_bookings", ondelete="CASCADE"
        ),
        sa.CheckConstraint("method IN ('REQUEST', 'CANCEL')", name=op.f("ck_invites_method")),
    )


def create_messages() -> None:
    """Messages, and the index that the senders read the queue by."""
    op.create_table(
        "messages",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("event_id", sa.String(36), nullable=False),
        sa.Column("recipient", sa.String(255), nullable=False),
        sa.Column("template", sa.String(40), nullable=False),
        sa.Column("correlation_id", sa.String(36), nullable=True),
        sa.Column("person", sa.String(36), nullable=True),
        sa.Column("booking", sa.String(64), nullable=True),
        sa.Column("booking_version", sa.Integer, nullable=True),
        sa.Column("address", sa.String(254), nullable=True),
        sa.Column("facts", Json, nullable=True),
        sa.Column("subject", sa.Text, nullable=True),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("urgency", sa.Integer, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.Column("due_at", Moment, nullable=False),
        sa.Column("leased_until", Moment, nullable=True),
        sa.Column("expires_at", Moment, nullable=True),
        sa.Column("finished_at", Moment, nullable=True),
        sa.Column("reason", sa.String(20), nullable=True),
        sa.Column("error", sa.Text, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_messages"),
        sa.UniqueConstraint("event_id", "recipient", "template", name="uq_messages_event_id_recipient_template"),
        sa.CheckConstraint("state IN ('queued', 'sent', 'failed')", name=op.f("ck_messages_state")),
    )
    op.create_index("ix_messages_person", "messages", ["person"])
    op.create_index("ix_messages_booking", "messages", ["booking"])
    queued = sa.text("state = 'queued'")
    op.create_index(
        "ix_messages_queue", "messages", ["urgency", "due_at"], postgresql_where=queued, sqlite_where=queued
    )
