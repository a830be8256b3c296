"""The copies of people, sessions and places."""

import sqlalchemy as sa
from alembic import op

from services.bus.migrations import create_bus_tables_v1
from services.runtime.dialects import BigId, Json, Moment

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create the bus's tables and this service's."""
    create_bus_tables_v1()
    create_people()
    create_sessions()
    create_bookings()


def create_people() -> None:
    """Settings, people, and where they worked."""
    op.create_table(
        "sectors",
        sa.Column("code", sa.String(40), nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("workforce", sa.Integer, nullable=True),
        sa.PrimaryKeyConstraint("code", name="pk_sectors"),
    )
    op.create_table(
        "people",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("email", sa.String(254), nullable=True),
        sa.Column("name", sa.Text, nullable=True),
        sa.Column("sector", sa.String(40), nullable=True),
        sa.Column("organisation", sa.String(160), nullable=True),
        sa.Column("erased", sa.Boolean, server_default=sa.text("false"), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_people"),
    )
    op.create_table(
        "employments",
        sa.Column("id", BigId, nullable=False),
        sa.Column("person", sa.String(36), nullable=False),
        sa.Column("sector", sa.String(40), nullable=True),
        sa.Column("organisation", sa.String(160), nullable=True),
        sa.Column("since", Moment, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_employments"),
    )
    op.create_index("ix_employments_of_person", "employments", ["person", "since"])


def create_sessions() -> None:
    """What people attend."""
    op.create_table(
        "sessions",
        sa.Column("slug", sa.String(255), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("programme", sa.String(255), nullable=False),
        sa.Column("programme_title", sa.Text, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("topics", Json, nullable=False),
        sa.Column("delivery", sa.String(20), nullable=False),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("meetings", Json, nullable=False),
        sa.Column("begins_at", Moment, nullable=True),
        sa.Column("ends_at", Moment, nullable=True),
        sa.PrimaryKeyConstraint("slug", name="pk_sessions"),
    )
    op.create_index("ix_sessions_programme", "sessions", ["programme"])


def create_bookings() -> None:
    """People's places, and who was there."""
    op.create_table(
        "bookings",
        sa.Column("reference", sa.String(64), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("person", sa.String(36), nullable=False),
        sa.Column("session", sa.String(255), nullable=False),
        sa.Column("mode", sa.String(10), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("attendance", sa.String(20), nullable=True),
        sa.Column("attendance_version", sa.Integer, server_default=sa.text("0"), nullable=False),
        sa.PrimaryKeyConstraint("reference", name="pk_bookings"),
    )
    op.create_index("ix_bookings_person", "bookings", ["person"])
    op.create_index("ix_bookings_session", "bookings", ["session"])
    op.create_table(
        "presences",
        sa.Column("session", sa.String(255), nullable=False),
        sa.Column("meeting", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("person", sa.String(36), nullable=False),
        sa.PrimaryKeyConstraint("session", "meeting", "person", name="pk_presences"),
    )
    op.create_index("ix_presences_person", "presences", ["person"])
