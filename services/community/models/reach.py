"""Whom the programme reaches: one row a place that somebody had, and the figures that may be shown of them."""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from services.community.models.people import Base, Facts
from services.runtime.dialects import BigId


class Reached(Base):
    """Somebody who had a place in a session, where they worked then, and whether they came.

    It outlives the person: once they are erased, `booking` is None, and `person` a key that leads to nobody.
    """

    __tablename__ = "reached"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    booking: Mapped[str | None] = mapped_column(String(64), unique=True)
    person: Mapped[str] = mapped_column(String(36), index=True)
    session: Mapped[str] = mapped_column(String(255), index=True)
    sector: Mapped[str] = mapped_column(String(40), index=True)  # "" where they had not said
    organisation: Mapped[str | None] = mapped_column(String(160))
    attended: Mapped[bool]


class ReachMark(Base):
    """A note that the figures of a sector are out of date, because of what happened in a session.

    Each is a row of its own, so that nobody waits for another to mark the same sector.
    """

    __tablename__ = "reach_marks"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    sector: Mapped[str] = mapped_column(String(40), index=True)
    session: Mapped[str | None] = mapped_column(String(255))


class ReachMade(Base):
    """When the figures of a sector were made, and of how many rows."""

    __tablename__ = "reach_made"

    sector: Mapped[str] = mapped_column(String(40), primary_key=True)
    made_at: Mapped[datetime]
    rows: Mapped[int]


class ReachFigures(Base):
    """What may be shown of a sector in a period and a programme: already without what could be worked out of it.

    `period` is as periods.py names it; `programme` is "" for all of them.
    """

    __tablename__ = "reach_figures"

    period: Mapped[str] = mapped_column(String(10), primary_key=True)
    programme: Mapped[str] = mapped_column(String(255), primary_key=True)
    sector: Mapped[str] = mapped_column(String(40), primary_key=True)
    figures: Mapped[Facts]


class ReachRoom(Base):
    """Who was together in a session, in figures: how many sectors, and the pairs who met, by their two sectors."""

    __tablename__ = "reach_rooms"

    session: Mapped[str] = mapped_column(String(255), primary_key=True)
    people: Mapped[int]
    sectors: Mapped[int]
    pairs: Mapped[list[Facts]]
