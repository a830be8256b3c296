"""What people attend, as the catalogue tells of it."""

from datetime import datetime

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from services.bus.replica import Copy
from services.community.models.people import Base, Facts


class Session(Copy, Base):
    """Something that people attend. `meetings` is `[{starts_at, ends_at}]`, `topics` are slugs."""

    __tablename__ = "sessions"

    slug: Mapped[str] = mapped_column(String(255), primary_key=True)
    programme: Mapped[str] = mapped_column(String(255), index=True)
    programme_title: Mapped[str] = mapped_column(Text)
    title: Mapped[str] = mapped_column(Text)
    topics: Mapped[list[str]]
    delivery: Mapped[str] = mapped_column(String(20))
    status: Mapped[str] = mapped_column(String(20))
    meetings: Mapped[list[Facts]]
    begins_at: Mapped[datetime | None]
    ends_at: Mapped[datetime | None]


class TopicName(Copy, Base):
    """What the topic of an old name is called now, as the catalogue told of it; None where it was removed."""

    __tablename__ = "topic_names"

    old: Mapped[str] = mapped_column(String(255), primary_key=True)
    new: Mapped[str | None] = mapped_column(String(255))
