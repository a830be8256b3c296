"""What people's calendars were told."""

from datetime import datetime
from typing import ClassVar

from sqlalchemy import CheckConstraint, ForeignKey, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from services.notifications.models.base import Base, Facts


class InCalendar:
    """What a calendar holds of one session: one invite for life, and a sequence that only rises.

    `told` is the session's details as the person was last told of them. `entries` is what their calendar holds, meeting
    by meeting, and what it held (see `invites.py`). `reference` and `host` make the UIDs.
    """

    facilitates: ClassVar[bool]
    reference: Mapped[str]
    host: Mapped[str] = mapped_column(String(255))
    method: Mapped[str] = mapped_column(String(10))
    sequence: Mapped[int] = mapped_column(Integer)
    told: Mapped[Facts]
    entries: Mapped[list[Facts]]
    issued_at: Mapped[datetime]


class Invite(InCalendar, Base):
    """The calendar invite of a booking. It outlives a move."""

    __tablename__ = "invites"
    __table_args__ = (CheckConstraint("method IN ('REQUEST', 'CANCEL')", name="method"),)

    facilitates = False
    reference: Mapped[str] = mapped_column(ForeignKey("bookings.reference", ondelete="CASCADE"), primary_key=True)


class FacilitatorInvite(InCalendar, Base):
    """The calendar invite of a person who facilitates a session; `reference` is the facilitator's id."""

    __tablename__ = "facilitator_invites"
    __table_args__ = (CheckConstraint("method IN ('REQUEST', 'CANCEL')", name="method"),)

    facilitates = True
    reference: Mapped[str] = mapped_column(ForeignKey("facilitators.id", ondelete="CASCADE"), primary_key=True)
