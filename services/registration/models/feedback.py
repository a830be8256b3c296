"""What people thought of a session that they had a place in."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from services.bus.models import BigId, Moment
from services.registration.models.people import Base


class Feedback(Base):
    """One booking's answer to the form after a session; a second answer replaces the first in the same row.

    Of somebody who is erased it keeps the session and the figure: neither the booking, nor the words, nor a moment.
    """

    __tablename__ = "feedback"
    __table_args__ = (
        Index("ix_feedback_of_session", "session_slug", "id"),
        CheckConstraint("useful BETWEEN 1 AND 5", name="useful"),
        CheckConstraint("(booking_id IS NULL) = (given_at IS NULL)", name="given_by_somebody"),
        CheckConstraint(
            "booking_id IS NOT NULL OR (differently IS NULL AND next IS NULL AND changed_at IS NULL)",
            name="nobody_said_nothing",
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    booking_id: Mapped[int | None] = mapped_column(ForeignKey("bookings.id"), unique=True)
    session_slug: Mapped[str] = mapped_column(ForeignKey("sessions.slug"))
    useful: Mapped[int]
    differently: Mapped[str | None] = mapped_column(Text)
    next: Mapped[str | None] = mapped_column(Text)
    given_at: Mapped[datetime | None] = mapped_column(Moment)
    changed_at: Mapped[datetime | None] = mapped_column(Moment)
    version: Mapped[int] = mapped_column(default=1)
