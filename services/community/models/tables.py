"""Who sits with whom: the plan of a session's tables, and each seat in it."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from services.community.models.people import Base, Facts
from services.runtime.dialects import BigId


class Plan(Base):
    """The tables of a session, in each round. One is being drawn up, one is what people were told, or both.

    `wishes` is what the plan is made by: who is seated, hosts, who is kept apart or together, step-free tables, the
    seed. `version` counts up with each change and each publication of a session's tables, from its draft on to what is
    published and on to the next draft. `making` is `wanted` while a plan is looked for, `failed` where none was found,
    None once it is there; `taken_at` is when a process took that on.
    """

    __tablename__ = "plans"
    __table_args__ = (
        UniqueConstraint("session", "status"),
        CheckConstraint("status IN ('draft', 'published')", name="status"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    session: Mapped[str] = mapped_column(String(255))
    status: Mapped[str] = mapped_column(String(10))
    version: Mapped[int] = mapped_column(Integer)
    size: Mapped[int] = mapped_column(Integer)
    rounds: Mapped[int] = mapped_column(Integer)
    wishes: Mapped[Facts]
    made_at: Mapped[datetime]
    published_at: Mapped[datetime | None]
    making: Mapped[str | None] = mapped_column(String(10))
    taken_at: Mapped[datetime | None]


class Seat(Base):
    """Where a person sits in a round. Rounds and tables count from 1. Erased with the person."""

    __tablename__ = "seats"
    __table_args__ = (Index("ix_seats_at_table", "plan", "round", "table"),)

    plan: Mapped[int] = mapped_column(ForeignKey("plans.id", ondelete="CASCADE"), primary_key=True)
    round: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    person: Mapped[str] = mapped_column(String(36), primary_key=True, index=True)
    reference: Mapped[str] = mapped_column(String(64))
    table: Mapped[int] = mapped_column(Integer)
