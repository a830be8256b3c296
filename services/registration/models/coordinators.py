"""Who coordinates which organisation, and who they nominated for a session."""

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from services.registration.models.people import Base, Folded
from services.runtime.dialects import BigId, Moment


class Coordinator(Base):
    """That someone coordinates an organisation, since when, and who of the team named them.

    `organisation` is as the team wrote it; `organisation_key` is what it is known by, whoever writes it.
    """

    __tablename__ = "coordinators"
    __table_args__ = (
        UniqueConstraint("person_id", "organisation_key"),
        Index("ix_coordinators_of_organisation", "organisation_key", "position"),
    )

    position: Mapped[int] = mapped_column(BigId, primary_key=True)
    id: Mapped[str] = mapped_column(String(36), unique=True, default=lambda: str(uuid.uuid4()))
    organisation: Mapped[str] = mapped_column(String(160))
    organisation_key: Mapped[str] = mapped_column(Folded)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"))
    since: Mapped[datetime] = mapped_column(Moment)
    named_by: Mapped[str] = mapped_column(ForeignKey("people.id"))


class Nomination(Base):
    """That a coordinator nominated someone for a session, with the address and the name that they typed."""

    __tablename__ = "nominations"
    __table_args__ = (UniqueConstraint("nominated_by", "organisation_key", "session", "email"),)

    position: Mapped[int] = mapped_column(BigId, primary_key=True)
    organisation_key: Mapped[str] = mapped_column(Folded)
    session: Mapped[str] = mapped_column(ForeignKey("sessions.slug"), index=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"), index=True)
    email: Mapped[str] = mapped_column(String(254))
    name: Mapped[str | None] = mapped_column(String(120))
    nominated_at: Mapped[datetime] = mapped_column(Moment)
    nominated_by: Mapped[str] = mapped_column(ForeignKey("people.id"))
