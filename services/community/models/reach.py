"""Who the programme reaches: one row a place that somebody had, and what each session comes to."""

from datetime import datetime

from sqlalchemy import Index, Integer, LargeBinary, String, text
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
    absent: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    minutes: Mapped[int] = mapped_column(Integer, default=0, server_default=text("0"))  # of the meetings they were at


class ReachWho(Base):
    """A person with where they worked: the number by which sessions keep who came.

    Once they are erased, `person` is the same key as in `reached`, and leads to nobody.
    """

    __tablename__ = "reach_who"
    __table_args__ = (Index("ix_reach_who_organisation", "organisation", "sector"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    person: Mapped[str] = mapped_column(String(36), index=True)
    sector: Mapped[str] = mapped_column(String(40))
    organisation: Mapped[str | None] = mapped_column(String(160))
    version: Mapped[int | None] = mapped_column(Integer, index=True)  # see ReachMade


class ReachMark(Base):
    """A note that a session has to be counted again; `sector` is "*". With the session "", others changed what counts.

    Each is a row of its own, so that nobody waits for another to mark the same session.
    """

    __tablename__ = "reach_marks"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    sector: Mapped[str] = mapped_column(String(40), index=True)
    session: Mapped[str | None] = mapped_column(String(255))


class ReachMade(Base):
    """When figures were last made ("*"), and the row that is locked while they are ("*making").

    Each count has the next `version` of a `numbering`. It gives it to all that has changed, which has none until then.
    The release before knows of neither, and writes 0: the next count begins another numbering.
    """

    __tablename__ = "reach_made"

    sector: Mapped[str] = mapped_column(String(40), primary_key=True)
    made_at: Mapped[datetime]
    version: Mapped[int] = mapped_column("rows")
    numbering: Mapped[str | None] = mapped_column(String(36))


class ReachFigures(Base):
    """What a release before kept, and its processes may still write while they run beside this one. Nobody reads it."""

    __tablename__ = "reach_figures"

    period: Mapped[str] = mapped_column(String(10), primary_key=True)
    programme: Mapped[str] = mapped_column(String(255), primary_key=True)
    sector: Mapped[str] = mapped_column(String(40), primary_key=True)
    figures: Mapped[Facts]


class ReachRoom(Base):
    """Who came to a session, and who met there; `over` where it was over when it was counted.

    `came` are numbers of ReachWho, and None until this release has counted it.
    """

    __tablename__ = "reach_rooms"

    session: Mapped[str] = mapped_column(String(255), primary_key=True)
    people: Mapped[int]
    sectors: Mapped[int]
    pairs: Mapped[list[Facts]]
    over: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    came: Mapped[bytes | None] = mapped_column(LargeBinary)
    first_meetings: Mapped[int | None]
    version: Mapped[int | None] = mapped_column(Integer, index=True)  # see ReachMade


class ReachPlaces(Base):
    """What the places of a session come to, of people of one sector."""

    __tablename__ = "reach_places"

    session: Mapped[str] = mapped_column(String(255), primary_key=True)
    sector: Mapped[str] = mapped_column(String(40), primary_key=True)
    booked: Mapped[int]
    attended: Mapped[int]
    absent: Mapped[int]
    minutes: Mapped[int]
    waiting: Mapped[int]  # who never got a place
