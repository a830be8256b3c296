"""Bookings as we were last told of them."""

from datetime import datetime

from sqlalchemy import Integer, String, text
from sqlalchemy.orm import Mapped, mapped_column

from services.bus.replica import Copy
from services.notifications.models.base import Base


class Booking(Copy, Base):
    """A person's place in a session, as last told: the version is what makes an older message superseded.

    `attendance` is what was recorded of it (attended, partly_attended, absent), None before. Who was told of the
    certificate, or has said how it was, is not written to about it again; who has `pledged` something then is reminded
    of it, `feedback_version` being that of what told so. `told_at` is when we were last told of the booking.
    """

    __tablename__ = "bookings"

    reference: Mapped[str] = mapped_column(String(64), primary_key=True)
    person: Mapped[str] = mapped_column(String(36), index=True)
    session: Mapped[str] = mapped_column(String(255), index=True)
    mode: Mapped[str] = mapped_column(String(10))
    state: Mapped[str] = mapped_column(String(20))
    confirmed_at: Mapped[datetime | None]
    attendance: Mapped[str | None] = mapped_column(String(20))
    attendance_version: Mapped[int] = mapped_column(Integer, default=0, server_default=text("0"))
    certificate_told: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    feedback_given: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    feedback_version: Mapped[int] = mapped_column(Integer, default=0, server_default=text("0"))
    pledged: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    offer_expires_at: Mapped[datetime | None]
    told_at: Mapped[datetime | None]
