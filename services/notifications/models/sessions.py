"""Sessions as we know them, who facilitates them, their materials, and when their people are to be told something."""

from datetime import datetime, timedelta

from sqlalchemy import Index, Integer, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from services.bus.replica import Copy
from services.notifications.models.base import Base, Facts
from services.runtime import search
from services.runtime.dialects import Json


class Session(Copy, Base):
    """Something that people attend. `meetings` is `[{starts_at, ends_at}]`, `venue` is `{name, address, access}`.

    `join_url` is for reminders, and never in what is sent before them; kept from the first event on, as the catalogue
    does not tell twice; `link_changed_at` is when it last became another one, or none. `change_told_at` is when people
    were last told that something is other than they knew. `numbered_meetings` is what `meeting_numbers.numbered`
    returned; it and `topics` are None in rows that are older than they are.
    """

    __tablename__ = "sessions"

    slug: Mapped[str] = mapped_column(String(255), primary_key=True)
    programme: Mapped[str | None] = mapped_column(String(255))
    title: Mapped[str] = mapped_column(Text)
    search_key: Mapped[str | None] = mapped_column(Text)  # of the title, as services/runtime/search.py folds
    status: Mapped[str] = mapped_column(String(20))
    delivery: Mapped[str | None] = mapped_column(String(20))
    topics: Mapped[list[str] | None] = mapped_column(Json)
    cancel_reason: Mapped[str | None] = mapped_column(Text)
    meetings: Mapped[list[Facts]]
    numbered_meetings: Mapped[list[Facts] | None]
    venue: Mapped[Facts | None]
    join_url: Mapped[str | None] = mapped_column(Text)
    link_changed_at: Mapped[datetime | None]
    change_told_at: Mapped[datetime | None]

    _found_by = search.found_by("title")

    def details(self, mode: str) -> Facts:
        """Return what somebody who comes in this mode needs to know; those online have no use for the venue."""
        venue = self.venue if mode == "in_room" else None
        return {"title": self.title, "mode": mode, "meetings": self.meetings, "venue": venue}

    def overlaps(self, other: "Session") -> bool:
        """Tell whether any meeting of the one is while one of the other is."""
        return any(start < end and begin < until for start, until in self.spans for begin, end in other.spans)

    @property
    def spans(self) -> list[tuple[datetime, datetime]]:
        """When each meeting begins and ends, in their order."""
        moments = [(meeting["starts_at"], meeting["ends_at"]) for meeting in self.meetings]
        return [(datetime.fromisoformat(starts), datetime.fromisoformat(ends)) for starts, ends in moments]

    @property
    def numbers(self) -> list[int]:
        """The number of each meeting, in their order: it stays that of the meeting, whatever becomes of the others."""
        numbers = [entry["n"] for entry in self.numbered_meetings or () if entry["method"] == "REQUEST"]
        return numbers if len(numbers) == len(self.meetings) else [*range(1, len(self.meetings) + 1)]

    @property
    def begins_at(self) -> datetime | None:
        """When the first meeting begins."""
        return min((starts_at for starts_at, _ in self.spans), default=None)

    @property
    def ends_at(self) -> datetime | None:
        """When the last meeting ends."""
        return max((ends_at for _, ends_at in self.spans), default=None)

    def has_begun(self, now: datetime) -> bool:
        """Tell whether the first meeting has begun."""
        return self.begins_at is not None and self.begins_at <= now

    def is_within(self, time: timedelta, now: datetime) -> bool:
        """Tell whether a meeting begins in that time, or is going on."""
        return any(begins_at <= now + time and now < ends_at for begins_at, ends_at in self.spans)

    def is_over(self, now: datetime) -> bool:
        """Tell whether the last meeting has ended."""
        return self.ends_at is None or self.ends_at <= now


class Facilitator(Copy, Base):
    """That a person facilitates a session, with its details as they were last told of them; None once taken back."""

    __tablename__ = "facilitators"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    person: Mapped[str | None] = mapped_column(String(36), index=True)
    session: Mapped[str | None] = mapped_column(String(255), index=True)
    told: Mapped[Facts | None]


class Material(Copy, Base):
    """Something to watch or to read of a session, and whether its people were told of it."""

    __tablename__ = "materials"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    session: Mapped[str | None] = mapped_column(String(255), index=True)
    kind: Mapped[str] = mapped_column(String(20))
    title: Mapped[str] = mapped_column(Text)
    url: Mapped[str] = mapped_column(Text)
    minutes: Mapped[int | None] = mapped_column(Integer)
    audience: Mapped[str] = mapped_column(String(20))
    published: Mapped[bool]
    told: Mapped[bool]


class ScheduledNotice(Base):
    """A time at which a session's people are to be told something, once: `what` is one of `scheduled_notices.RULES`.

    `meeting` is the number of the meeting that it is about (`Session.numbers`), or 0 for all of the session.
    `begins_at` is what the time goes by: with another one it is planned again, for those who were not told before.
    """

    __tablename__ = "occasions"
    __table_args__ = (
        Index(
            "ix_occasions_to_tell",
            "due_at",
            postgresql_where=text("told_at IS NULL"),
            sqlite_where=text("told_at IS NULL"),
        ),
    )

    session: Mapped[str] = mapped_column(String(255), primary_key=True)
    what: Mapped[str] = mapped_column(String(20), primary_key=True)
    meeting: Mapped[int] = mapped_column(Integer, primary_key=True)
    begins_at: Mapped[datetime]
    due_at: Mapped[datetime]
    told_at: Mapped[datetime | None]
