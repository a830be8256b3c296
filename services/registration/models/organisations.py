"""Organisations that the team named, so that people find them however few have given their name."""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from services.registration.models.people import Base, Folded
from services.runtime.dialects import Moment


class Organisation(Base):
    """An organisation by its name, and in which sector it is offered; without one, in all.

    Who works there is said by the people themselves: nothing refers to this row.
    """

    __tablename__ = "organisations"

    key: Mapped[str] = mapped_column(Folded, primary_key=True)
    name: Mapped[str] = mapped_column(String(160))
    sector: Mapped[str | None] = mapped_column(String(40))
    added_at: Mapped[datetime] = mapped_column(Moment)
