"""Copies: what a service keeps of a neighbour's things, as the events told of them; older news changes nothing."""

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Self

from sqlalchemy import Integer, select
from sqlalchemy.orm import Mapped, Mapper, mapped_column
from sqlalchemy.orm import Session as OrmSession

HELD = "held"  # under which `db.info` keeps what is held to the end of the transaction
LOCKED = "locked"  # the same of what is locked for a run of events


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
    def lock(cls, db: OrmSession, keys: Iterable[str]) -> None:
        """Read these copies, and lock them for change: for the rest of a run, `locked` has them at hand."""
        have_at_hand(db, cls, keys, cls._read(db, keys, read=False))

    @classmethod
    def locked(cls, db: OrmSession, key: str) -> Self:
        """Return the copy, locked for change; an empty one of version 0 where there is none."""
        there_at_hand = at_hand(db, cls)
        there: Self | None = there_at_hand[key] if key in there_at_hand else db.get(cls, key, with_for_update=True)
        if there is None:
            there = cls(**{cls.__mapper__.primary_key[0].name: key, "version": 0})
            db.add(there)
            if key in there_at_hand:
                there_at_hand[key] = there
        return there

    @classmethod
    def keep_all(cls, db: OrmSession, told: Iterable[Mapping[str, Any]], version: int) -> None:
        """Take over what one event of this version tells of several things, in the order of their keys."""
        key = cls.__mapper__.primary_key[0].name
        for one in sorted(told, key=lambda one: str(one[key])):
            there = cls.locked(db, one[key])
            if there.is_behind(version):
                for column, value in {**one, "version": version}.items():
                    setattr(there, column, value)

    @classmethod
    def hold(cls, db: OrmSession, keys: Iterable[str]) -> None:
        """Read these copies, as far as they are there, and hold them: `known` has them at hand."""
        held = db.info.setdefault(HELD, {})
        held.update({(cls, key): there for key, there in cls._read(db, keys, read=True).items()})

    @classmethod
    def _read(cls, db: OrmSession, keys: Iterable[str], read: bool) -> dict[str, Self]:
        """Return the copies of these keys that are there, locked in the order of their keys."""
        key = cls.__mapper__.primary_key[0]
        those = select(cls).where(key.in_(sorted(set(keys)))).order_by(key)
        rows = db.scalars(those.with_for_update(read=read), execution_options={"populate_existing": True})
        return {getattr(there, key.name): there for there in rows}

    @classmethod
    def known(cls, db: OrmSession, key: str) -> Self:
        """Return the copy, held as it is until the end of the transaction. Raises NotYetKnown."""
        held = db.info.setdefault(HELD, {})  # by the events before this one in the same transaction
        there: Self | None = held.get((cls, key)) or db.get(cls, key, with_for_update={"read": True})
        if there is None:
            raise NotYetKnown(f"{cls.__tablename__}/{key} has not been told of yet")
        held[cls, key] = there
        return there

    def is_behind(self, version: int) -> bool:
        """Tell whether an event of `version` is news."""
        return version > self.version


def have_at_hand(db: OrmSession, kind: type[Any], keys: Iterable[str], there: Mapping[str, Any]) -> None:
    """Keep at hand for a run of events what is `there` of these keys, and that the others are not."""
    db.info.setdefault(LOCKED, {})[kind] = {**dict.fromkeys(keys), **there}


def at_hand(db: OrmSession, kind: type[Any]) -> dict[str, Any]:
    """Return what is at hand of a kind, by its key: None for what was looked for and is not there."""
    found: dict[str, Any] = db.info.get(LOCKED, {}).get(kind, {})
    return found


def let_go(db: OrmSession) -> None:
    """Forget what was at hand for a run of events: what comes after it reads again. The locks stay."""
    db.info.pop(LOCKED, None)


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
