"""Files that the team brought from another programme, and what each line of them did, so that it can be undone."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from services.registration.models.people import Base
from services.runtime.dialects import BigId, Json, Moment


class Import(Base):
    """One file of one `kind` that was taken whole. It goes with its lines once it cannot be undone any more."""

    __tablename__ = "imports"
    __table_args__ = (Index("ix_imports_made_at", "made_at"),)

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=lambda: str(uuid.uuid4()))
    kind: Mapped[str] = mapped_column(String(16))
    by_id: Mapped[str] = mapped_column(ForeignKey("people.id"))
    made_at: Mapped[datetime] = mapped_column(Moment)
    undo_until: Mapped[datetime] = mapped_column(Moment)
    undone_at: Mapped[datetime | None] = mapped_column(Moment)
    added: Mapped[int]
    changed: Mapped[int]


class ImportedLine(Base):
    """What one line of a file added or changed: the person, or the `key` of what is not about a person.

    `facts` are `{name: [was, is]}`; of what was added, the first of each is null.
    """

    __tablename__ = "imported_lines"
    __table_args__ = (
        Index("ix_imported_lines_import_id", "import_id", "id"),
        Index("ix_imported_lines_person_id", "person_id"),
        CheckConstraint("what IN ('added', 'changed')", name="what"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    import_id: Mapped[str] = mapped_column(ForeignKey("imports.id"))
    line: Mapped[int]
    what: Mapped[str] = mapped_column(String(8))
    person_id: Mapped[str | None] = mapped_column(ForeignKey("people.id"))
    key: Mapped[str | None] = mapped_column(String(160))
    facts: Mapped[dict[str, list[Any]]] = mapped_column(Json)
