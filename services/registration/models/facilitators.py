"""Who facilitates which session."""

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from services.registration.models.people import Base
from services.runtime.dialects import BigId, Moment


class Facilitator(Base):
    """That somebody facilitates a session, since when, and who of the team named them."""

    __tablename__ = "facilitators"
    __table_args__ = (
        UniqueConstraint("person_id", "session"),
        Index("ix_facilitators_of_session", "session", "position"),
    )

    position: Mapped[int] = mapped_column(BigId, primary_key=True)
    id: Mapped[str] = mapped_column(String(36), unique=True, default=lambda: str(uuid.uuid4()))
    session: Mapped[str] = mapped_column(ForeignKey("sessions.slug"))
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"))
    since: Mapped[datetime] = mapped_column(Moment)
    named_by: Mapped[str] = mapped_column(ForeignKey("people.id"))


class PlannedFacilitator(Base):
    """That someone is to facilitate a session once it is published: until then it is a draft, and not known here."""

    __tablename__ = "planned_facilitators"

    session: Mapped[str] = mapped_column(String(80), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"), primary_key=True, index=True)
    planned_at: Mapped[datetime] = mapped_column(Moment)
    planned_by: Mapped[str] = mapped_column(ForeignKey("people.id"))
