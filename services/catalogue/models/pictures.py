"""The pictures of sessions and speakers, and the files that they are shown from."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from services.catalogue.models.catalogue import Base
from services.runtime.dialects import BigId, Json


class Picture(Base):
    """The picture of a session or of a speaker, and what it shows, for people who do not see it.

    `hash` names its files, of which there is one in each of the `widths`; `width` and `height` are of the largest.
    """

    __tablename__ = "pictures"
    __table_args__ = (CheckConstraint("(session_id IS NULL) <> (speaker_id IS NULL)", name="of_one"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    session_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("sessions.id"), unique=True)
    speaker_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("speakers.id"), unique=True)
    hash: Mapped[str] = mapped_column(String(40), index=True)
    alt: Mapped[str] = mapped_column(String(300))
    width: Mapped[int]
    height: Mapped[int]
    widths: Mapped[list[int]] = mapped_column(Json, default=list)


class PictureFile(Base):
    """A picture as it is served, in one width: what is under a name never changes. Copies of a session share it."""

    __tablename__ = "picture_files"

    hash: Mapped[str] = mapped_column(String(40), primary_key=True)
    width: Mapped[int] = mapped_column(primary_key=True)
    content: Mapped[bytes] = mapped_column(LargeBinary)
