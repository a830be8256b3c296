"""Who was there, and the certificates of it."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from services.registration.models.people import Base
from services.runtime.dialects import BigId, Moment


class Attendance(Base):
    """That a person was, or was not, at one meeting of the session that they booked.

    Meetings count from 1. A correction is a new row; the row that it replaces remains, with when that was.
    """

    __tablename__ = "attendance"
    __table_args__ = (
        Index(
            "uq_attendance_one_in_force",
            "booking_id",
            "meeting",
            unique=True,
            postgresql_where=text("replaced_at IS NULL"),
            sqlite_where=text("replaced_at IS NULL"),
        ),
        Index("ix_attendance_of_booking", "booking_id", "id"),
        CheckConstraint("meeting >= 1", name="meeting"),
        CheckConstraint("source IN ('list', 'csv', 'check_in')", name="source"),
        CheckConstraint("(source = 'check_in') = (scanned_at IS NOT NULL)", name="scanned"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    booking_id: Mapped[int] = mapped_column(ForeignKey("bookings.id"))
    meeting: Mapped[int]
    present: Mapped[bool]
    source: Mapped[str] = mapped_column(String(8))
    scanned_at: Mapped[datetime | None] = mapped_column(Moment)
    recorded_at: Mapped[datetime] = mapped_column(Moment)
    recorded_by: Mapped[str] = mapped_column(ForeignKey("people.id"))
    replaced_at: Mapped[datetime | None] = mapped_column(Moment)


class Certificate(Base):
    """The code by which anybody can check what somebody's attendance came to.

    A revoked code never comes back to life: who turns out to have been there after all gets another one.
    """

    __tablename__ = "certificates"
    __table_args__ = (
        Index(
            "uq_certificates_one_in_force",
            "booking_id",
            unique=True,
            postgresql_where=text("revoked_at IS NULL"),
            sqlite_where=text("revoked_at IS NULL"),
        ),
        Index("ix_certificates_of_booking", "booking_id"),
    )

    code: Mapped[str] = mapped_column(String(23), primary_key=True)
    booking_id: Mapped[int] = mapped_column(ForeignKey("bookings.id"))
    issued_at: Mapped[datetime] = mapped_column(Moment)
    revoked_at: Mapped[datetime | None] = mapped_column(Moment)
