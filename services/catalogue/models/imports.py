"""Imports of sheets, and the journal by which each can be undone, while it is kept."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from services.catalogue.models.catalogue import Base, one_of
from services.runtime.dialects import BigId, Json, Moment
from services.runtime.retention import period


class Import(Base):
    """A sheet that was imported: by whom, how many things it added and changed, and whether that was undone."""

    __tablename__ = "imports"
    __table_args__ = (one_of("kind", "speakers", "sessions", "materials"),)

    number: Mapped[int] = mapped_column(BigId, primary_key=True)
    id: Mapped[str] = mapped_column(String(36), unique=True)
    kind: Mapped[str] = mapped_column(String(20))
    made_at: Mapped[datetime] = mapped_column(Moment, index=True)
    made_by: Mapped[str] = mapped_column(String(36))
    added: Mapped[int]
    changed: Mapped[int]
    undone_at: Mapped[datetime | None] = mapped_column(Moment)

    lines: Mapped[list[ImportLine]] = relationship(order_by="ImportLine.number")

    @property
    def undo_until(self) -> datetime:
        """From when on it cannot be undone, for the journal goes then."""
        return self.made_at + period("catalogue_imports")

    @property
    def drafts(self) -> list[str]:
        """The slugs of the sessions that it added, all of which are gone once it is undone."""
        subjects = [line.subject for line in self.lines if line.before is None and self.kind == "sessions"]
        return [subject.removeprefix("sessions/") for subject in subjects]


class ImportLine(Base):
    """Something that an import added, or changed: what it was before, if it was there, and what it was after."""

    __tablename__ = "import_lines"

    number: Mapped[int] = mapped_column(BigId, primary_key=True)
    import_number: Mapped[int] = mapped_column(BigId, ForeignKey("imports.number"), index=True)
    line: Mapped[int]
    subject: Mapped[str] = mapped_column(String(100))
    before: Mapped[dict[str, Any] | None] = mapped_column(Json)
    after: Mapped[dict[str, Any]] = mapped_column(Json)
