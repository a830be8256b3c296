"""Who was taken out of the community by the team."""

from datetime import datetime

from sqlalchemy import Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from services.community.models.people import Base
from services.runtime.dialects import BigId


class Removal(Base):
    """Somebody who may not join until the team lets them in again; `reason` is what they are told.

    Once they are let in, the row stays without the reason, so that the version that is announced counts on.
    """

    __tablename__ = "removals"

    position: Mapped[int] = mapped_column(BigId, primary_key=True)
    person: Mapped[str] = mapped_column(String(36), unique=True)
    reason: Mapped[str | None] = mapped_column(Text)
    by: Mapped[str | None] = mapped_column(String(36))
    removed_at: Mapped[datetime]
    let_in_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(Integer)
