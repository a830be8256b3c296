"""Adds up the sessions of a period: each person once, however often they came."""

from array import array
from bisect import bisect
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, String, cast, func, select
from sqlalchemy.orm import Session as OrmSession

from services.community.models import ReachPlaces, ReachRoom, ReachWho, Session
from services.community.reach.rooms import NUMBERS, PLACES
from services.runtime.schemas import CITY

Days = tuple[date | None, date | None]  # the first and the last, both included; None where it is open
NOTHING = (0,) * len(PLACES)


@dataclass
class Who:
    """Who the numbers stand for. Someone who has worked in several places has one for each: `same` has their first."""

    of: dict[tuple[str, str | None], set[int]]  # sector and organisation
    same: dict[int, int]

    def people(self, numbers: set[int]) -> set[int]:
        """Return a number for each person, whichever of theirs these are."""
        several = numbers & self.same.keys()
        return (numbers - several) | {self.same[number] for number in several}


@dataclass
class Counted:
    """People and places of a period, in all and by sector. A person is a number."""

    people: set[int] = field(default_factory=set)
    new: set[int] = field(default_factory=set)
    by_sector: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    by_organisation: dict[tuple[str, str | None], int] = field(default_factory=dict)
    places: dict[str, tuple[int, ...]] = field(default_factory=dict)
    first_meetings: int = 0

    def of(self, sector: str) -> dict[str, Any]:
        """Return the counts of a sector."""
        named = {name for code, name in self.by_organisation if code == sector and name}
        people = self.by_sector.get(sector, set())
        return _told(people, self.new, self.places.get(sector, NOTHING), len(named))

    def total(self) -> dict[str, Any]:
        """Return the counts of everyone: someone who has worked in two sectors is one person."""
        places = [sum(numbers) for numbers in zip(*self.places.values(), strict=True)] or NOTHING
        named = {name for _, name in self.by_organisation if name}
        return {**_told(self.people, self.new, places, len(named)), "first_meetings": self.first_meetings}


def _told(people: set[int], new: set[int], places: Iterable[int], organisations: int) -> dict[str, Any]:
    of_places = dict(zip(PLACES, places, strict=True))
    minutes = of_places.pop("minutes")
    came_first = len(people & new)
    return {
        **{"people": len(people), "new": came_first, "returning": len(people) - came_first},
        **{**of_places, "organisations": organisations},
        "hours": round(minutes / 60, 1),
    }


def count(db: OrmSession, periods: list[Days], programme: str | None) -> list[Counted]:
    """Count the sessions that ended in each of some periods. New is who came to none, of any programme, before it."""
    who, came = _everyone(db), _Came(db, periods, programme)
    return [_counted(db, who, came, days, programme) for days in periods]


def _counted(db: OrmSession, who: Who, came: "_Came", days: Days, programme: str | None) -> Counted:
    counted = Counted()
    within = came.within(*days)
    for (sector, name), numbers in who.of.items():
        if theirs := who.people(within & numbers):
            counted.by_sector[sector] |= theirs
            counted.by_organisation[sector, name] = len(theirs)
    counted.people = who.people(within)
    counted.new = counted.people - who.people(came.before(days[0]))
    sums = [func.sum(getattr(ReachPlaces, name)) for name in PLACES]
    places = _ended(select(ReachPlaces.sector, *sums), ReachPlaces.session, days, programme)
    counted.places = {sector: tuple(map(int, row)) for sector, *row in db.execute(places.group_by(ReachPlaces.sector))}
    met = _ended(select(func.sum(ReachRoom.first_meetings)), ReachRoom.session, days, programme)
    counted.first_meetings = int(db.scalar(met) or 0)
    return counted


def _everyone(db: OrmSession) -> Who:
    """Read the numbers of each sector and organisation as one text: a row for each would take far longer."""
    numbers = func.aggregate_strings(cast(ReachWho.id, String), ",")
    groups = select(ReachWho.sector, ReachWho.organisation, numbers)
    groups = groups.group_by(ReachWho.organisation, ReachWho.sector)
    of = {(sector, name): set(map(int, text.split(","))) for sector, name, text in db.execute(groups)}
    several = select(ReachWho.person).group_by(ReachWho.person).having(func.count() > 1)
    rows = select(ReachWho.person, ReachWho.id).where(ReachWho.person.in_(several)).order_by(ReachWho.id)
    first: dict[str, int] = {}
    same = {number: first.setdefault(person, number) for person, number in db.execute(rows)}
    return Who(of, same)


class _Came:
    """The numbers of who came, between the days on which the periods begin and end: each session is read once."""

    def __init__(self, db: OrmSession, periods: list[Days], programme: str | None) -> None:
        edges: set[datetime] = {edge for days in periods for edge in _span(*days) if edge}
        self._edges = sorted(edges)
        self._numbers: dict[tuple[int, bool], set[int]] = defaultdict(set)
        rooms = select(Session.ends_at, Session.programme, ReachRoom.came)
        rooms = rooms.join(Session, Session.slug == ReachRoom.session)
        ends: list[datetime] = [end for _, end in (_span(*days) for days in periods) if end]
        if len(ends) == len(periods):
            rooms = rooms.where(Session.ends_at < max(ends))
        for ends_at, of, came in db.execute(rooms):
            if ends_at is not None:
                part = self._numbers[bisect(self._edges, ends_at), programme in (None, of)]
                part.update(array(NUMBERS, came or b""))

    def within(self, first: date | None, last: date | None) -> set[int]:
        """Return who came to the programme's sessions on these days."""
        begin, end = _span(first, last)
        since = bisect(self._edges, begin) if begin else 0
        until = bisect(self._edges, end) if end else len(self._edges) + 1
        return self._of(lambda place, is_ours: is_ours and since <= place < until)

    def before(self, first: date | None) -> set[int]:
        """Return who came to any session before this day."""
        begin, _ = _span(first, None)
        since = bisect(self._edges, begin) if begin else 0
        return self._of(lambda place, _: place < since)

    def _of(self, wanted: Any) -> set[int]:
        return set().union(*(numbers for key, numbers in self._numbers.items() if wanted(*key)))


def _ended(query: Select[Any], session: Any, days: Days, programme: str | None) -> Select[Any]:
    """Return a query of sessions that ended on these days of the city."""
    query = query.join(Session, Session.slug == session).where(*ended(*days))
    return query.where(Session.programme == programme) if programme else query


def ended(first: date | None, last: date | None) -> list[ColumnElement[bool]]:
    """Return the conditions for sessions that ended on these days of the city, both included."""
    begin, end = _span(first, last)
    return [*([Session.ends_at >= begin] if begin else []), *([Session.ends_at < end] if end else [])]


def _span(first: date | None, last: date | None) -> tuple[datetime | None, datetime | None]:
    """Return when the first day begins in the city, and when the last is over."""
    end = _midnight(last + timedelta(days=1)) if last and last < date.max else None
    return _midnight(first) if first else None, end


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), CITY).astimezone(UTC)
