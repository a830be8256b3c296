"""People's places in sessions, as registration tells of them, and who was there."""

from sqlalchemy import Integer, String, text
from sqlalchemy.orm import Mapped, mapped_column

from services.bus.replica import Copy
from services.community.models.people import Base


class Booking(Copy, Base):
    """A person's place in a session, as last told: confirmed, waiting, offered or cancelled.

    `attendance` is what was recorded of it (attended, partly_attended, absent), None before.
    """

    __tablename__ = "bookings"

    reference: Mapped[str] = mapped_column(String(64), primary_key=True)
    person: Mapped[str] = mapped_column(String(36), index=True)
    session: Mapped[str] = mapped_column(String(255), index=True)
    mode: Mapped[str] = mapped_column(String(10))
    state: Mapped[str] = mapped_column(String(20))
    attendance: Mapped[str | None] = mapped_column(String(20))
    attendance_version: Mapped[int] = mapped_column(Integer, default=0, server_default=text("0"))


class Presence(Base):
    """A person who was at a meeting of a session; meetings count from 1. Gone where the record is corrected."""

    __tablename__ = "presences"

    session: Mapped[str] = mapped_column(String(255), primary_key=True)
    meeting: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    person: Mapped[str] = mapped_column(String(36), primary_key=True, index=True)
