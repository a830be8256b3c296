"""Adds up the sessions of a period: each person once, however often they came.

Who came is a number with a bit for each person, as long as there are people: a thousand of them are joined in a few
milliseconds. What a month comes to is kept until a session in it is counted again, so that a period of years is joined
from its months.
"""

from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import compress, count
from typing import Any

from services.community.reach.rooms import NUMBERS, PLACES
from services.runtime.schemas import CITY

Days = tuple[date | None, date | None]  # the first and the last, both included; None where it is open
Place = tuple[str, str | None]  # a sector and an organisation
Row = tuple[int, str, str, str | None]  # of ReachWho: number, person, sector and organisation
NOTHING = (0,) * len(PLACES)
AS_BITS, AS_DIGITS = bytes.maketrans(b"01", b"\0\1"), bytes.maketrans(b"\0\1", b"01")


class Who:
    """Who the numbers stand for. Someone who has worked in several places has one for each: `same` has their first."""

    def __init__(self, rows: Iterable[Row] = ()) -> None:
        """Take over who all numbers stand for."""
        self.places: list[Place] = []
        self.same: dict[int, int] = {}
        self.several = 0  # a bit for each number in `same`
        self._people: dict[int, str] = {}
        self._place_of = array("l")  # by number: an index of `places`, or -1
        self._numbers: dict[Place, int] = {}
        self._first: dict[str, int] = {}
        self._add(rows)

    def learn(self, rows: Iterable[Row]) -> "Who":
        """Return who the numbers stand for, now that some stand for these."""
        told = {row[0]: row for row in rows}
        known = {n for n in told if n in self._people}
        if any(self._row(n) != told[n] for n in known):  # someone was erased
            return Who([*(self._row(n) for n in self._people if n not in known), *told.values()])
        self._add(row for n, row in told.items() if n not in known)
        return self

    def _row(self, n: int) -> Row:
        return n, self._people[n], *self.place(n)

    def place(self, n: int) -> Place:
        """Return where the person worked that a number stands for."""
        return self.places[self._place_of[n]]

    def _add(self, rows: Iterable[Row]) -> None:
        for n, person, sector, organisation in sorted(rows):
            place = self._numbers.setdefault((sector, organisation), len(self.places))
            if place == len(self.places):
                self.places.append((sector, organisation))
            self._people[n] = person
            if n >= len(self._place_of):
                self._place_of.extend([-1] * (n + 1 - len(self._place_of)))
            self._place_of[n] = place
            first = self._first.setdefault(person, n)
            if first != n:
                self.same[n] = self.same[first] = first
                self.several |= 1 << n | 1 << first

    def by_place(self, numbers: int) -> Counter[Place]:
        """Return how many of these there are by place."""
        counted = Counter(compress(self._place_of, _bits(numbers)))
        return Counter({self.places[place]: people for place, people in counted.items() if place >= 0})

    def firsts(self, numbers: int) -> dict[int, list[int]]:
        """Return, of people with several numbers, which of these they have, by the first that they ever had."""
        theirs: dict[int, list[int]] = defaultdict(list)
        for n in compress(count(), _bits(numbers & self.several)):
            theirs[self.same[n]].append(n)
        return theirs


@dataclass
class Sum:
    """What some sessions come to: who came, places by sector in the order of PLACES, and first meetings."""

    came: int = 0
    places: dict[str, tuple[int, ...]] = field(default_factory=dict)
    first_meetings: int = 0

    @classmethod
    def of(cls, parts: Iterable["Sum"]) -> "Sum":
        """Add some up."""
        whole, places = cls(), defaultdict[str, list[tuple[int, ...]]](list)
        for part in parts:
            whole.came |= part.came
            whole.first_meetings += part.first_meetings
            for sector, numbers in part.places.items():
                places[sector].append(numbers)
        whole.places = {sector: tuple(map(sum, zip(*numbers, strict=True))) for sector, numbers in places.items()}
        return whole


@dataclass(frozen=True)
class Room:
    """What one session comes to; `came` as ReachRoom has it."""

    ends_at: datetime
    programme: str
    came: bytes
    places: Mapping[str, tuple[int, ...]]
    first_meetings: int

    @property
    def month(self) -> tuple[int, int]:
        """The month in which it ended, by UTC."""
        return self.ends_at.year, self.ends_at.month


class Sessions:
    """What all sessions come to."""

    def __init__(self) -> None:
        self._rooms: dict[str, Room] = {}
        self._months: dict[tuple[int, int], dict[str, Room]] = defaultdict(dict)
        self._sums: dict[tuple[int, int], dict[str | None, Sum]] = defaultdict(dict)

    def learn(self, slug: str, room: Room | None) -> None:
        """Take over what a session comes to now."""
        before = self._rooms.pop(slug, None)
        if before:
            self._sums.pop(before.month, None)
            del self._months[before.month][slug]
        if room:
            self._rooms[slug] = room
            self._sums.pop(room.month, None)
            self._months[room.month][slug] = room

    def sum(self, begin: datetime | None, end: datetime | None, programme: str | None) -> Sum:
        """Return what the sessions of a programme, or of all, come to that ended from `begin` and before `end`."""
        return Sum.of(self._parts(begin, end, programme))

    def _parts(self, begin: datetime | None, end: datetime | None, programme: str | None) -> Iterator[Sum]:
        for month, rooms in self._months.items():
            opens, closes = _edges(*month)
            if (begin and closes <= begin) or (end and opens >= end):
                continue
            if (not begin or begin <= opens) and (not end or closes <= end):
                yield self._month(month, programme)
            else:
                ended = (room for room in rooms.values() if _within(room.ends_at, begin, end))
                yield _added(room for room in ended if programme in (None, room.programme))

    def _month(self, month: tuple[int, int], programme: str | None) -> Sum:
        sums = self._sums[month]
        if programme not in sums:
            rooms = self._months[month].values()
            sums[programme] = _added(room for room in rooms if programme in (None, room.programme))
        return sums[programme]


def _edges(year: int, month: int) -> tuple[datetime, datetime]:
    """Return when a month begins and when the next does; that after the last there is never comes."""
    last = datetime.max.replace(tzinfo=UTC) if (year, month) == (9999, 12) else None
    return datetime(year, month, 1, tzinfo=UTC), last or datetime(year + month // 12, month % 12 + 1, 1, tzinfo=UTC)


def _within(moment: datetime, begin: datetime | None, end: datetime | None) -> bool:
    return (not begin or begin <= moment) and (not end or moment < end)


def _added(rooms: Iterable[Room]) -> Sum:
    those = list(rooms)
    whole = Sum.of(Sum(0, dict(room.places), room.first_meetings) for room in those)
    whole.came = _as_bits(set().union(*(array(NUMBERS, room.came) for room in those)))
    return whole


def _as_bits(numbers: set[int]) -> int:
    """Return a number with a bit for each of some."""
    flags = bytearray(max(numbers, default=0) + 1)
    for n in numbers:
        flags[n] = 1
    flags.reverse()
    return int(flags.translate(AS_DIGITS), 2)


def _bits(numbers: int) -> bytes:
    """Return a byte for each bit, the lowest first: 1 or 0."""
    return bin(numbers)[:1:-1].encode().translate(AS_BITS)


@dataclass
class Counted:
    """People and places of a period, in all, by sector and by organisation."""

    people: int
    new: int
    by_sector: Counter[str]
    new_by_sector: Counter[str]
    by_organisation: Counter[Place]
    organisations: Counter[str]  # by sector, those that are named
    places: dict[str, tuple[int, ...]]
    first_meetings: int

    def of(self, sector: str) -> dict[str, Any]:
        """Return the counts of a sector."""
        people, new = self.by_sector[sector], self.new_by_sector[sector]
        return _told(people, new, self.places.get(sector, NOTHING), self.organisations[sector])

    def total(self) -> dict[str, Any]:
        """Return the counts of everyone: someone who has worked in two sectors is one person."""
        places = [sum(numbers) for numbers in zip(*self.places.values(), strict=True)] or NOTHING
        named = {name for _, name in self.by_organisation if name}
        return {**_told(self.people, self.new, places, len(named)), "first_meetings": self.first_meetings}


def _told(people: int, new: int, places: Iterable[int], organisations: int) -> dict[str, Any]:
    of_places = dict(zip(PLACES, places, strict=True))
    minutes = of_places.pop("minutes")
    return {
        **{"people": people, "new": new, "returning": people - new},
        **{**of_places, "organisations": organisations},
        "hours": round(minutes / 60, 1),
    }


def counted(who: Who, sessions: Sessions, days: Days, programme: str | None) -> Counted:
    """Count the sessions that ended on these days. New is who came to none, of any programme, before them."""
    begin, end = span(*days)
    of_period = sessions.sum(begin, end, programme)
    before = sessions.sum(None, begin, None).came if begin else 0
    once = of_period.came & ~who.several
    by_place, new_by_place = who.by_place(once), who.by_place(once & ~before)
    several, known = who.firsts(of_period.came), who.firsts(before)
    result = Counted(
        people=once.bit_count() + len(several),
        new=(once & ~before).bit_count() + len(several.keys() - known.keys()),
        by_sector=_by_sector(by_place),
        new_by_sector=_by_sector(new_by_place),
        by_organisation=by_place,
        organisations=Counter(),
        places=of_period.places,
        first_meetings=of_period.first_meetings,
    )
    for first, numbers in several.items():
        places = {who.place(n) for n in numbers}
        result.by_organisation.update(places)
        sectors = {sector for sector, _ in places}
        result.by_sector.update(sectors)
        if first not in known:
            result.new_by_sector.update(sectors)
    result.organisations.update(sector for sector, name in result.by_organisation if name)
    return result


def _by_sector(by_place: Counter[Place]) -> Counter[str]:
    sectors = Counter[str]()
    for (sector, _), people in by_place.items():
        sectors[sector] += people
    return sectors


def span(first: date | None, last: date | None) -> tuple[datetime | None, datetime | None]:
    """Return when the first day begins in the city, and when the last is over."""
    end = _midnight(last + timedelta(days=1)) if last and last < date.max else None
    return _midnight(first) if first else None, end


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), CITY).astimezone(UTC)
