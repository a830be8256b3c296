"""What people wish for: to hear of more of something, and what they suggest."""

import uuid
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from services.bus.replica import Copy
from services.registration.models.people import Base
from services.runtime.dialects import BigId, Moment


class Interest(Base):
    """What somebody wants to hear of when there is more: one topic, one programme, or sessions like one."""

    __tablename__ = "interests"
    __table_args__ = (
        UniqueConstraint("person_id", "topic"),
        UniqueConstraint("person_id", "programme"),
        UniqueConstraint("person_id", "session"),
        CheckConstraint(
            "(CASE WHEN topic IS NULL THEN 0 ELSE 1 END) + (CASE WHEN programme IS NULL THEN 0 ELSE 1 END)"
            " + (CASE WHEN session IS NULL THEN 0 ELSE 1 END) = 1",
            name="names_one",
        ),
    )

    position: Mapped[int] = mapped_column(BigId, primary_key=True)
    id: Mapped[str] = mapped_column(String(36), unique=True, default=lambda: str(uuid.uuid4()))
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"))
    topic: Mapped[str | None] = mapped_column(String(80))
    programme: Mapped[str | None] = mapped_column(String(80))
    session: Mapped[str | None] = mapped_column(ForeignKey("sessions.slug"))
    created_at: Mapped[datetime] = mapped_column(Moment)
    version: Mapped[int] = mapped_column(default=1, server_default=text("1"))


class TopicName(Copy, Base):
    """What the topic of an old name is called now, as the catalogue told of it; None where it was removed."""

    __tablename__ = "topic_names"

    old: Mapped[str] = mapped_column(String(80), primary_key=True)
    new: Mapped[str | None] = mapped_column(String(80))


class Programme(Copy, Base):
    """That there is a programme of this name, as the catalogue told of it: it may have no session yet."""

    __tablename__ = "programmes"

    slug: Mapped[str] = mapped_column(String(80), primary_key=True)


class Suggestion(Base):
    """A theme that somebody would like, or an offer to speak. After their erasure it is a count without its text."""

    __tablename__ = "suggestions"
    __table_args__ = (
        Index("ix_suggestions_of_person", "person_id", "created_at"),
        CheckConstraint("kind IN ('theme', 'speak', 'other')", name="kind"),
    )

    position: Mapped[int] = mapped_column(BigId, primary_key=True)
    id: Mapped[str] = mapped_column(String(36), unique=True, default=lambda: str(uuid.uuid4()))
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"))
    kind: Mapped[str] = mapped_column(String(8))
    text: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(Moment)
