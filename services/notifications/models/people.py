"""Those whom we write to, and what each of them wants to get."""

from datetime import datetime

from sqlalchemy import Integer, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.orm import Session as OrmSession

from services.bus.handover import HandedOver
from services.bus.replica import Copy
from services.notifications.models.base import Base
from services.runtime import search
from services.runtime.dialects import Json


class Person(Copy, Base):
    """Somebody whom we write to. Erased, the row stays without a name, so that a late event cannot bring one back.

    `addresses` are all that they have had besides the one that we write to: what went there is erased with them.
    """

    __tablename__ = "people"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    email: Mapped[str | None] = mapped_column(String(254), index=True)
    name: Mapped[str | None] = mapped_column(Text)
    search_key: Mapped[str | None] = mapped_column(Text)  # of name and address, as services/runtime/search.py folds
    addresses: Mapped[list[str] | None] = mapped_column(Json)
    erased: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    merged_into: Mapped[str | None] = mapped_column(String(36), index=True)

    @classmethod
    def current(cls, db: OrmSession, id: str) -> "Person":
        """Return who has that account by now: of one that was merged, whoever it is a part of. Raises NotYetKnown."""
        person = cls.known(db, id)
        while person.merged_into is not None:
            person = cls.known(db, person.merged_into)
        return person

    _found_by = search.found_by("name", "email")

    @property
    def known_addresses(self) -> list[str]:
        """All addresses that they have or had, each once."""
        return list(dict.fromkeys([*([self.email] if self.email else []), *(self.addresses or [])]))

    def know(self, addresses: list[str]) -> None:
        """Remember these addresses beside those that are known."""
        if more := [address for address in addresses if address not in self.known_addresses]:
            self.addresses = [*(self.addresses or []), *more]


class MergeMove(HandedOver, Base):
    """A row that passed from a merged account to the one that is kept."""

    __tablename__ = "merge_moves"


class Interest(Copy, Base):
    """What a person wants to hear of when there is more: one of topic, programme and session, as slugs.

    Withdrawn, the row stays without any of them, so that a late event cannot bring it back.
    """

    __tablename__ = "interests"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    person: Mapped[str] = mapped_column(String(36), index=True)
    topic: Mapped[str | None] = mapped_column(String(255), index=True)
    programme: Mapped[str | None] = mapped_column(String(255), index=True)
    session: Mapped[str | None] = mapped_column(String(255), index=True)


class Unwanted(Base):
    """A topic of messages (`kinds.TOPICS`) that a person does not want."""

    __tablename__ = "unwanted"

    person: Mapped[str] = mapped_column(String(36), primary_key=True)
    topic: Mapped[str] = mapped_column(String(20), primary_key=True)
    since: Mapped[datetime]


class CalendarAddress(Base):
    """How often a person has ended the address of their calendar: the number that is signed into it. No row: never."""

    __tablename__ = "calendar_addresses"

    person: Mapped[str] = mapped_column(String(36), primary_key=True)
    generation: Mapped[int] = mapped_column(Integer)
