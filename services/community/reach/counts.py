"""Adds up the sessions of a period: each person once, however often they came."""

from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session as OrmSession

from services.community.models import ReachRoom, ReachWho, Session
from services.community.reach.rooms import NUMBERS, PLACES
from services.runtime.schemas import CITY

Who = dict[int, tuple[str, str, str | None]]  # a person, their sector and their organisation, by number


@dataclass
class Counted:
    """People and places of a period, in all and by sector."""

    people: set[str] = field(default_factory=set)
    new: set[str] = field(default_factory=set)
    by_sector: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    by_organisation: dict[tuple[str, str | None], set[str]] = field(default_factory=lambda: defaultdict(set))
    places: dict[str, list[int]] = field(default_factory=lambda: defaultdict(lambda: [0] * len(PLACES)))
    first_meetings: int = 0

    def of(self, sector: str) -> dict[str, Any]:
        """Return the counts of a sector."""
        named = {name for code, name in self.by_organisation if code == sector and name}
        return _told(
            self.by_sector.get(sector, set()), self.new, self.places.get(sector, [0] * len(PLACES)), len(named)
        )

    def total(self) -> dict[str, Any]:
        """Return the counts of everyone: someone who has worked in two sectors is one person."""
        places = [sum(numbers) for numbers in zip(*self.places.values(), strict=True)] or [0] * len(PLACES)
        named = {name for _, name in self.by_organisation if name}
        return {**_told(self.people, self.new, places, len(named)), "first_meetings": self.first_meetings}


def _told(people: set[str], new: set[str], places: list[int], organisations: int) -> dict[str, Any]:
    of_places = dict(zip(PLACES, places, strict=True))
    minutes = of_places.pop("minutes")
    came_first = len(people & new)
    return {
        **{"people": len(people), "new": came_first, "returning": len(people) - came_first},
        **{**of_places, "organisations": organisations},
        "hours": round(minutes / 60, 1),
    }


def everyone(db: OrmSession) -> Who:
    """Return who the numbers stand for."""
    told = select(ReachWho.id, ReachWho.person, ReachWho.sector, ReachWho.organisation)
    return {number: (person, sector, name) for number, person, sector, name in db.execute(told)}


def count(db: OrmSession, who: Who, first: date | None, last: date | None, programme: str | None) -> Counted:
    """Count the sessions that ended from `first` to `last`. New is who came to none that ended before."""
    counted = Counted()
    rooms = select(ReachRoom.came, ReachRoom.counts, ReachRoom.first_meetings)
    rooms = rooms.join(Session, Session.slug == ReachRoom.session).where(*ended(first, last))
    if programme:
        rooms = rooms.where(Session.programme == programme)
    came: set[int] = set()
    for numbers, places, met in db.execute(rooms):
        came.update(array(NUMBERS, numbers or b""))
        counted.first_meetings += met or 0
        for sector, more in (places or {}).items():
            sums = counted.places[sector]
            for n, number in enumerate(more):
                sums[n] += number
    for number in came:
        person, sector, name = who[number]
        counted.people.add(person)
        counted.by_sector[sector].add(person)
        counted.by_organisation[sector, name].add(person)
    counted.new = counted.people - _before(db, who, first) if first else counted.people
    return counted


def _before(db: OrmSession, who: Who, first: date) -> set[str]:
    rooms = select(ReachRoom.came).join(Session, Session.slug == ReachRoom.session)
    earlier: set[int] = set()
    for numbers in db.scalars(rooms.where(Session.ends_at < midnight(first))):
        earlier.update(array(NUMBERS, numbers or b""))
    return {who[number][0] for number in earlier}


def ended(first: date | None, last: date | None) -> list[ColumnElement[bool]]:
    """Return the conditions for sessions that ended on these days of the city, both included."""
    since = [Session.ends_at >= midnight(first)] if first else []
    until = [Session.ends_at < midnight(last + timedelta(days=1))] if last and last < date.max else []
    return [*since, *until]


def midnight(day: date) -> datetime:
    """Return when a day begins in the city."""
    return datetime.combine(day, time(), CITY).astimezone(UTC)


def most(people: Iterable[tuple[tuple[str, str | None], set[str]]]) -> list[tuple[tuple[str, str | None], int]]:
    """Return organisations by how many people came from them, the most first."""
    numbers = Counter({of: len(theirs) for of, theirs in people})
    return sorted(numbers.items(), key=lambda row: (-row[1], row[0][0], row[0][1] or ""))
