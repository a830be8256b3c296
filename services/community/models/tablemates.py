"""Who is still to be told, and who was, that they sat with members of the community in a session."""

from datetime import datetime

from sqlalchemy import Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from services.community.models.people import Base


class Sitting(Base):
    """A session whose people sat together; `due_at` is when they are told, None where there is no news since."""

    __tablename__ = "sittings"
    __table_args__ = (
        Index(
            "ix_sittings_due",
            "due_at",
            postgresql_where=text("due_at IS NOT NULL"),
            sqlite_where=text("due_at IS NOT NULL"),
        ),
    )

    session: Mapped[str] = mapped_column(String(255), primary_key=True)
    due_at: Mapped[datetime | None]


class ToldOfSitting(Base):
    """Somebody who was told of whom they sat with in a session: they are not told again. Erased with the person."""

    __tablename__ = "told_of_sittings"

    session: Mapped[str] = mapped_column(String(255), primary_key=True)
    person: Mapped[str] = mapped_column(String(36), primary_key=True, index=True)
