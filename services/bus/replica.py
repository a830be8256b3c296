"""Copies: what a service keeps of a neighbour's things, as the events told of them; older news changes nothing."""

from collections.abc import Mapping
from typing import Any, ClassVar, Self

from sqlalchemy import Integer
from sqlalchemy.orm import Mapped, Mapper, mapped_column
from sqlalchemy.orm import Session as OrmSession


class NotYetKnown(Exception):
    """An event speaks of a thing that no event has told of yet.

    Events of two services overtake each other: raised by a reader, it has the inbox try again.
    """


class Copy:
    """A neighbour's thing as its events told of it; an event that is not newer than the copy changes nothing."""

    __tablename__: str
    __mapper__: ClassVar[Mapper[Any]]

    version: Mapped[int] = mapped_column(Integer)

    @classmethod
    def locked(cls, db: OrmSession, key: str) -> Self:
        """Return the copy, locked for change; an empty one of version 0 where there is none."""
        there = db.get(cls, key, with_for_update=True)
        if there is None:
            there = cls(**{cls.__mapper__.primary_key[0].name: key, "version": 0})
            db.add(there)
        return there

    @classmethod
    def known(cls, db: OrmSession, key: str) -> Self:
        """Return the copy, held as it is until the end of the transaction. Raises NotYetKnown."""
        held = db.info.setdefault("held", {})  # by the events before this one in the same transaction
        there: Self | None = held.get((cls, key)) or db.get(cls, key, with_for_update={"read": True})
        if there is None:
            raise NotYetKnown(f"{cls.__tablename__}/{key} has not been told of yet")
        held[cls, key] = there
        return there

    def is_behind(self, version: int) -> bool:
        """Tell whether an event of `version` is news."""
        return version > self.version


def led_to(renamed: Mapping[str, str | None], name: str) -> str | None:
    """Return what a name leads on to, None if to nothing any more. `renamed` has what each old name became.

    News of two names may come in another order than they were renamed in. Where that makes a ring for a moment, the
    name stays as it is.
    """
    seen, here = {name}, name
    while (after := renamed.get(here, here)) not in (None, here):
        if after in seen:
            return name
        seen.add(here := str(after))
    return after
