"""Members of the community, whom they would rather not see, who asked to meet whom, and what was reported."""

import uuid
from datetime import datetime

from sqlalchemy import CheckConstraint, Index, Integer, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from services.community.models.people import Base
from services.runtime import search
from services.runtime.dialects import BigId

OPEN = text("state = 'proposed'")
FIRST = text("1")


class Member(Base):
    """Somebody who can be found by the others. Name, sector and organisation are the person's own.

    Of whoever left, the row stays without a profile and `joined_at`, so that the version that is announced when they
    come back counts on.
    """

    __tablename__ = "members"

    position: Mapped[int] = mapped_column(BigId, primary_key=True)
    person: Mapped[str] = mapped_column(String(36), unique=True)
    about: Mapped[str | None] = mapped_column(Text)
    topics: Mapped[list[str]]
    search_key: Mapped[str | None] = mapped_column(Text)  # of both, as services/runtime/search.py folds
    tell_tablemates: Mapped[bool]
    joined_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(Integer)

    _found_by = search.found_by("about", "topics")


class Block(Base):
    """A member whom another one does not want to see, or be seen by. It outlives both memberships."""

    __tablename__ = "blocks"
    __table_args__ = (UniqueConstraint("by", "person"),)

    position: Mapped[int] = mapped_column(BigId, primary_key=True)
    by: Mapped[str] = mapped_column(String(36))
    person: Mapped[str] = mapped_column(String(36), index=True)
    created_at: Mapped[datetime]


class Introduction(Base):
    """What became of one member's wish to meet another. `first` and `second` are the two in order, whoever asked.

    States: `proposed`, `accepted`, `declined` by who was asked, `withdrawn` by who asked, and `expired`. Whoever
    leaves, or blocks the other, declines or withdraws.
    """

    __tablename__ = "introductions"
    __table_args__ = (
        Index(
            "uq_introductions_open_pair", "first", "second", unique=True, postgresql_where=OPEN, sqlite_where=OPEN
        ),
        Index("ix_introductions_of_asker", "by", "proposed_at"),
        CheckConstraint("state IN ('proposed', 'accepted', 'declined', 'withdrawn', 'expired')", name="state"),
    )  # fmt: skip

    position: Mapped[int] = mapped_column(BigId, primary_key=True)
    id: Mapped[str] = mapped_column(String(36), unique=True, default=lambda: str(uuid.uuid4()))
    by: Mapped[str] = mapped_column(String(36))
    to: Mapped[str] = mapped_column(String(36), index=True)
    first: Mapped[str] = mapped_column(String(36))
    second: Mapped[str] = mapped_column(String(36))
    message: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(10))
    proposed_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(Integer)

    def other_than(self, person: str) -> str:
        """Return the other one of the two."""
        return self.to if person == self.by else self.by

    def is_open(self, now: datetime) -> bool:
        """Say whether it can still be answered."""
        return self.state == "proposed" and now < self.expires_at

    def state_for(self, person: str, now: datetime) -> str:
        """Return the state as one of the two may know it.

        Who asked is not told that the other said no, left, or blocked them: to them it waits until it has run out.
        """
        waits = self.state == "proposed" or (self.state == "declined" and person == self.by)
        if waits:
            return "proposed" if now < self.expires_at else "expired"
        return self.state


class Report(Base):
    """What a member tells the team of another one's conduct in an introduction; one of each side.

    It is open while it has no `dealt_with_at`; `note` is what was done, and stays if it is opened again.
    """

    __tablename__ = "reports"
    __table_args__ = (UniqueConstraint("introduction", "by"),)

    position: Mapped[int] = mapped_column(BigId, primary_key=True)
    id: Mapped[str] = mapped_column(String(36), unique=True, default=lambda: str(uuid.uuid4()))
    introduction: Mapped[str] = mapped_column(String(36))
    by: Mapped[str] = mapped_column(String(36), index=True)
    person: Mapped[str] = mapped_column(String(36), index=True)
    text: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]
    note: Mapped[str | None] = mapped_column(Text)
    dealt_with_at: Mapped[datetime | None]
    dealt_with_by: Mapped[str | None] = mapped_column(String(36))
    version: Mapped[int] = mapped_column(Integer, server_default=FIRST)
