"""Tables of what the team says in its own words."""

from sqlalchemy import CheckConstraint, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from services.notifications.models.people import Base


class OwnText(Base):
    """What the team says in emails of a kind, in place of our opening and before the end; None is ours, or nothing.

    Once there is a row it stays, so that its version never begins again.
    """

    __tablename__ = "own_texts"

    template: Mapped[str] = mapped_column(String(40), primary_key=True)
    opening: Mapped[str | None] = mapped_column(Text)
    closing: Mapped[str | None] = mapped_column(Text)
    version: Mapped[int]


class Site(Base):
    """What the site is called, how its team is reached, and its colour, as the catalogue tells; None is ours."""

    __tablename__ = "site"
    __table_args__ = (CheckConstraint("id = 1", name="only_one"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    version: Mapped[int]
    name: Mapped[str | None] = mapped_column(String(60))
    contact_email: Mapped[str | None] = mapped_column(String(254))
    contact_phone: Mapped[str | None] = mapped_column(String(40))
    accent: Mapped[str | None] = mapped_column(String(7))
