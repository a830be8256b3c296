"""Who was there, meeting by meeting, and the certificates of it."""

import sqlalchemy as sa
from alembic import op

from services.runtime.dialects import BigId, Moment

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add them."""
    _extend_bookings()
    _create_attendance()
    _create_certificates()


def _extend_bookings() -> None:
    # In SQL, because SQLite takes a check of an existing table only together with a new column of it.
    op.execute(
        "ALTER TABLE bookings ADD COLUMN attendance VARCHAR(16) CONSTRAINT ck_bookings_attendance"
        " CHECK (attendance IN ('attended', 'partly_attended', 'absent'))"
    )
    op.add_column("bookings", sa.Column("attended_share", sa.Float, nullable=True))
    op.create_index(
        "ix_bookings_unsettled",
        "bookings",
        ["session_slug"],
        postgresql_where=sa.text("attendance IS NULL AND attended_share IS NOT NULL"),
        sqlite_where=sa.text("attendance IS NULL AND attended_share IS NOT NULL"),
    )


def _create_attendance() -> None:
    op.create_table(
        "attendance",
        sa.Column("id", BigId, nullable=False),
        sa.Column("booking_id", BigId, nullable=False),
        sa.Column("meeting", sa.Integer, nullable=False),
        sa.Column("present", sa.Boolean, nullable=False),
        sa.Column("source", sa.String(8), nullable=False),
        sa.Column("scanned_at", Moment, nullable=True),
        sa.Column("recorded_at", Moment, nullable=False),
        sa.Column("recorded_by", sa.String(36), nullable=False),
        sa.Column("replaced_at", Moment, nullable=True),
        sa.CheckConstraint("meeting >= 1", name="ck_attendance_meeting"),
        sa.CheckConstraint("source IN ('list', 'csv', 'check_in')", name="ck_attendance_source"),
        sa.CheckConstraint("(source = 'check_in') = (scanned_at IS NOT NULL)", name="ck_attendance_scanned"),
        sa.ForeignKeyConstraint(["booking_id"], ["bookings.id"], name="fk_attendance_booking_id_bookings"),
        sa.ForeignKeyConstraint(["recorded_by"], ["people.id"], name="fk_attendance_recorded_by_people"),
        sa.PrimaryKeyConstraint("id", name="pk_attendance"),
    )
    op.create_index("ix_attendance_of_booking", "attendance", ["booking_id", "id"])
    op.create_index(
        "uq_attendance_one_in_force",
        "attendance",
        ["booking_id", "meeting"],
        unique=True,
        postgresql_where=sa.text("replaced_at IS NULL"),
        sqlite_where=sa.text("replaced_at IS NULL"),
    )


def _create_certificates() -> None:
    op.create_table(
        "certificates",
        sa.Column("code", sa.String(23), nullable=False),
        sa.Column("booking_id", BigId, nullable=False),
        sa.Column("issued_at", Moment, nullable=False),
        sa.Column("revoked_at", Moment, nullable=True),
        sa.ForeignKeyConstraint(["booking_id"], ["bookings.id"], name="fk_certificates_booking_id_bookings"),
        sa.PrimaryKeyConstraint("code", name="pk_certificates"),
    )
    op.create_index("ix_certificates_of_booking", "certificates", ["booking_id"])
    op.create_index(
        "uq_certificates_one_in_force",
        "certificates",
        ["booking_id"],
        unique=True,
        postgresql_where=sa.text("revoked_at IS NULL"),
        sqlite_where=sa.text("revoked_at IS NULL"),
    )
