"""What people thought of a session that they had a place in."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from services.registration.models.people import Base
from services.runtime.dialects import BigId, Moment


class Feedback(Base):
    """One booking's answer to the form after a session; a second answer replaces the first in the same row.

    `differently` is the pledge of whoever gave it, and `note` what they wrote to themselves about it: both for their
    eyes alone. `did` is what became of the pledge: yes, partly or not_yet, and None before they said so.

    Of somebody who is erased it keeps the session and the figures: neither the booking, nor the words, nor a moment.
    """

    __tablename__ = "feedback"
    __table_args__ = (
        Index("ix_feedback_of_session", "session_slug", "id"),
        CheckConstraint("useful BETWEEN 1 AND 5", name="useful"),
        CheckConstraint("(booking_id IS NULL) = (given_at IS NULL)", name="given_by_somebody"),
        CheckConstraint(
            "booking_id IS NOT NULL OR (differently IS NULL AND next IS NULL AND changed_at IS NULL"
            " AND note IS NULL AND answered_at IS NULL)",
            name="nobody_said_nothing",
        ),
        CheckConstraint("booking_id IS NULL OR pledged = (differently IS NOT NULL)", name="pledged"),
        CheckConstraint("did IN ('yes', 'partly', 'not_yet')", name="did"),
        CheckConstraint("did IS NULL OR pledged", name="answered"),
        CheckConstraint("did IS NOT NULL OR (note IS NULL AND answered_at IS NULL)", name="noted"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    booking_id: Mapped[int | None] = mapped_column(ForeignKey("bookings.id"), unique=True)
    session_slug: Mapped[str] = mapped_column(ForeignKey("sessions.slug"))
    useful: Mapped[int]
    differently: Mapped[str | None] = mapped_column(Text)
    next: Mapped[str | None] = mapped_column(Text)
    given_at: Mapped[datetime | None] = mapped_column(Moment)
    changed_at: Mapped[datetime | None] = mapped_column(Moment)
    pledged: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    did: Mapped[str | None] = mapped_column(String(10))
    note: Mapped[str | None] = mapped_column(Text)
    answered_at: Mapped[datetime | None] = mapped_column(Moment)
    version: Mapped[int] = mapped_column(default=1)
