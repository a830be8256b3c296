"""Invitations of a waiting list to another session."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from services.registration.models.people import Base
from services.runtime.dialects import BigId, Moment


class Invitation(Base):
    """That those who wait for one session have first refusal of the places of another, from then until then."""

    __tablename__ = "invitations"
    __table_args__ = (Index("ix_invitations_to_session", "to_session", "until"),)

    position: Mapped[int] = mapped_column(BigId, primary_key=True)
    from_session: Mapped[str] = mapped_column(ForeignKey("sessions.slug"))
    to_session: Mapped[str] = mapped_column(ForeignKey("sessions.slug"))
    made_at: Mapped[datetime] = mapped_column(Moment)
    until: Mapped[datetime] = mapped_column(Moment)
