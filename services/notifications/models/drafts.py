"""Table of the drafts of what the team writes."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from services.notifications.models.people import Base
from services.runtime.dialects import BigId, Json


class MessageDraft(Base):
    """What the team began to write to the people of a session. Any part of it may be missing still.

    `bookings` are the references of those whom it is for alone. Sent or deleted, it goes.
    """

    __tablename__ = "message_drafts"
    __table_args__ = (CheckConstraint("recipients IN ('confirmed', 'waiting', 'all')", name="recipients"),)

    position: Mapped[int] = mapped_column(BigId, primary_key=True)
    id: Mapped[str] = mapped_column(String(36), unique=True)
    session: Mapped[str] = mapped_column(String(255))
    recipients: Mapped[str | None] = mapped_column(String(10))
    bookings: Mapped[list[str] | None] = mapped_column(Json)
    subject: Mapped[str | None] = mapped_column(Text)
    body: Mapped[str | None] = mapped_column(Text)
    saved_by: Mapped[str | None] = mapped_column(String(36))
    saved_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(Integer)
