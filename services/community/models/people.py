"""People, as registration tells of them, and where they have worked."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, MetaData, String, Text, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.orm import Session as OrmSession

from services.bus.handover import HandedOver
from services.bus.replica import Copy
from services.runtime import search
from services.runtime.dialects import NAMING, BigId, Json, Moment

Facts = dict[str, Any]  # JSON values


class Base(DeclarativeBase):
    """All tables of this service."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {datetime: Moment, Facts: Json, list[Facts]: Json, list[str]: Json}  # noqa: RUF012 - SQLAlchemy's own name


class Sector(Copy, Base):
    """One of the settings that people work in, as the catalogue describes the city; `workforce` where it is known."""

    __tablename__ = "sectors"

    code: Mapped[str] = mapped_column(String(40), primary_key=True)
    name: Mapped[str] = mapped_column(String(120))
    workforce: Mapped[int | None]
    version: Mapped[int] = mapped_column(default=0, server_default=text("0"))


class Person(Copy, Base):
    """Somebody with an account. Erased, the row stays without a name, so that a late event cannot bring one back."""

    __tablename__ = "people"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    email: Mapped[str | None] = mapped_column(String(254))
    name: Mapped[str | None] = mapped_column(Text)
    sector: Mapped[str | None] = mapped_column(String(40))
    organisation: Mapped[str | None] = mapped_column(String(160))
    search_key: Mapped[str | None] = mapped_column(Text)  # of both, as services/runtime/search.py folds
    created_at: Mapped[datetime | None]  # of the account; null of those that were told of before this was kept
    erased: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    merged_into: Mapped[str | None] = mapped_column(String(36), index=True)

    _found_by = search.found_by("name", "organisation")

    @classmethod
    def current(cls, db: OrmSession, id: str) -> str:
        """Return the id of who has that account by now: of one that was merged, of whoever it is a part of."""
        person = db.get(cls, id)
        return id if person is None or person.merged_into is None else cls.current(db, person.merged_into)


class MergeMove(HandedOver, Base):
    """A row that passed from a merged account to the one that is kept, or that was set aside."""

    __tablename__ = "merge_moves"


class Employment(Base):
    """Where a person worked from then on, until the next one: people stay who they are when they change employer."""

    __tablename__ = "employments"
    __table_args__ = (Index("ix_employments_of_person", "person", "since"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    person: Mapped[str] = mapped_column(String(36))
    sector: Mapped[str | None] = mapped_column(String(40))
    organisation: Mapped[str | None] = mapped_column(String(160))
    since: Mapped[datetime]
