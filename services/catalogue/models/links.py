"""The addresses of materials, as they were found when they were asked, and the rule of when one is broken."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from services.catalogue.models.catalogue import Base
from services.runtime.dialects import BigId, Moment
from services.runtime.schemas import CITY

WEEK = timedelta(days=7)
AFTER_A_FAILURE = timedelta(days=1)
WHILE_BROKEN = timedelta(days=3)
HELD = text("held_until IS NOT NULL")


class Link(Base):
    """An address that published materials have. Of a host, one address at a time is being asked: is held.

    It is broken once it failed on two days with no answer between: a site may be down for an evening.
    """

    __tablename__ = "links"
    __table_args__ = (
        Index("ix_links_due_at", "due_at"),
        Index("uq_links_host_held", "host", unique=True, sqlite_where=HELD, postgresql_where=HELD),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    url: Mapped[str] = mapped_column(String(2000), unique=True)
    host: Mapped[str] = mapped_column(String(253))
    due_at: Mapped[datetime] = mapped_column(Moment)
    held_until: Mapped[datetime | None] = mapped_column(Moment)
    checked_at: Mapped[datetime | None] = mapped_column(Moment)
    said: Mapped[str | None] = mapped_column(Text)
    failing_since: Mapped[datetime | None] = mapped_column(Moment)
    broken_since: Mapped[datetime | None] = mapped_column(Moment)

    def note(self, ok: bool, said: str, now: datetime) -> None:
        """Keep what came of asking, and when to ask again."""
        self.checked_at, self.said, self.held_until = now, said, None
        if ok:
            self.failing_since = self.broken_since = None
            self.due_at = now + WEEK
        elif self.failing_since is None:
            self.failing_since, self.due_at = now, now + AFTER_A_FAILURE
        else:
            if _day(self.failing_since) != _day(now):
                self.broken_since = self.broken_since or self.failing_since
            self.due_at = now + (WHILE_BROKEN if self.broken_since else AFTER_A_FAILURE)


def _day(moment: datetime) -> object:
    return moment.astimezone(CITY).date()
