"""Time zones: which names there are, which one is the city's, and one as iCalendar text (RFC 5545, 3.6.5).

icalendar's own generator writes out a date for every year, which not every calendar reads, and in 7.3 has summer begin
an hour late in London. A test holds what is written here against the time zone database.
"""

from bisect import bisect_left
from calendar import monthrange
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

DEFAULT: Final = "Europe/London"
FIRST: Final = 1996  # the year in which Europe's present rule began: nothing here is older
RECENT: Final = 2020  # from when on the changes are listed of a zone that has no rule
LAST: Final = 2037  # to when the database lists changes
YEARS: Final = 10  # for which a rule has to hold at least
WEEK: Final = 7 * 24 * 60  # minutes; clocks change once in it at most
WEEKDAYS: Final = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


class Kind(NamedTuple):
    """What the changes to summer time have in common: what clocks are ahead of UTC by, and the name."""

    before: timedelta
    after: timedelta
    name: str


class Change(NamedTuple):
    """A change of the clocks, and when it is by those before it."""

    at: datetime
    kind: Kind


@cache
def names() -> frozenset[str]:
    """Return the names of the zones that places have today, and UTC.

    Older names for the same, such as US/Eastern, are left out: not every PostgreSQL knows them.
    """
    table = (files("tzdata") / "zoneinfo" / "zone.tab").read_text(encoding="utf-8")
    return frozenset({line.split("\t")[2] for line in table.splitlines() if not line.startswith("#")} | {"UTC"})


def city_zone(environ: Mapping[str, str]) -> ZoneInfo:
    """Return the zone that `HEADROW_TIME_ZONE` names. Where it names none, the settings stop the process at its start.

    It is read once, when this process starts: docs/decisions/0050-time-zone.md says why.
    """
    name = environ.get("HEADROW_TIME_ZONE") or DEFAULT
    return ZoneInfo(name if name in names() else DEFAULT)


def in_icalendar(zone: ZoneInfo) -> str:
    """Return the zone as a VTIMEZONE: by its rule, or where it has none by the dates of its changes until 2037."""
    return "".join(
        f"{line}\r\n" for line in ["BEGIN:VTIMEZONE", f"TZID:{zone.key}", *_observances(zone), "END:VTIMEZONE"]
    )


def _observances(zone: ZoneInfo) -> list[str]:
    changes = list(_changes(zone))
    for year in range(FIRST, LAST - YEARS + 2):
        since = [change for change in changes if change.at.year >= year]
        if not since:
            return _unchanging(zone, year)
        kinds = _by_kind(since)
        rules = [_rule(moments, year) for moments in kinds.values()]
        if all(rules):
            found = zip(kinds.items(), rules, strict=True)
            return [line for (kind, at), rule in found for line in _observance(kind, at[0], [f"RRULE:{rule}"])]
    listed = _by_kind(change for change in changes if change.at.year >= RECENT)
    return [line for kind, at in listed.items() for line in _observance(kind, at[0], _dates(at[1:]))]


def _changes(zone: ZoneInfo) -> Iterator[Change]:
    """Yield the changes of the zone's clocks, the first one first."""
    start = datetime(FIRST, 1, 1, tzinfo=UTC)
    while start.year <= LAST:
        week = [start + timedelta(minutes=minute) for minute in (0, WEEK)]
        before, after = (_ahead(zone, moment) for moment in week)
        if before != after:
            minute = bisect_left(range(WEEK), True, key=lambda n: _ahead(zone, start + timedelta(minutes=n)) != before)
            at = start + timedelta(minutes=minute)
            kind = Kind(before, after, str(at.astimezone(zone).tzname()))
            yield Change((at + before).replace(tzinfo=None), kind)
        start = week[1]


def _ahead(zone: ZoneInfo, moment: datetime) -> timedelta:
    return moment.astimezone(zone).utcoffset() or timedelta(0)


def _by_kind(changes: Iterable[Change]) -> dict[Kind, list[datetime]]:
    kinds: dict[Kind, list[datetime]] = defaultdict(list)
    for at, kind in changes:
        kinds[kind].append(at)
    return kinds


def _rule(moments: Sequence[datetime], first: int) -> str | None:
    """Return the rule by which these moments come, one in each year from the `first` on; None where there is none."""
    if [moment.year for moment in moments] != [*range(first, LAST + 1)]:
        return None
    if len({(moment.month, moment.weekday(), moment.time()) for moment in moments}) > 1:
        return None
    nths = {(moment.day - 1) // 7 + 1 for moment in moments}
    nth = -1 if all(_is_last(moment) for moment in moments) else nths.pop() if len(nths) == 1 else None
    month, weekday = moments[0].month, WEEKDAYS[moments[0].weekday()]
    return f"FREQ=YEARLY;BYMONTH={month};BYDAY={nth}{weekday}" if nth else None


def _dates(moments: Iterable[datetime]) -> list[str]:
    return [f"RDATE:{moment:%Y%m%dT%H%M%S}" for moment in moments]


def _is_last(day: date) -> bool:
    """Say whether it is the last of its weekday in the month."""
    return day.day + 7 > monthrange(day.year, day.month)[1]


def _unchanging(zone: ZoneInfo, year: int) -> list[str]:
    later = datetime(LAST, 1, 1, tzinfo=zone)  # as Chagos changed its clocks in the first hour of 1996
    ahead = later.utcoffset() or timedelta(0)
    return _observance(Kind(ahead, ahead, str(later.tzname())), datetime(year, 1, 1), [])


def _observance(kind: Kind, first: datetime, others: Sequence[str]) -> list[str]:
    name = "DAYLIGHT" if kind.after > kind.before else "STANDARD"
    return [
        f"BEGIN:{name}",
        f"DTSTART:{first:%Y%m%dT%H%M%S}",
        *others,
        f"TZNAME:{kind.name}",
        f"TZOFFSETFROM:{_offset(kind.before)}",
        f"TZOFFSETTO:{_offset(kind.after)}",
        f"END:{name}",
    ]


def _offset(ahead: timedelta) -> str:
    hours, minutes = divmod(round(abs(ahead) / timedelta(minutes=1)), 60)
    return f"{'-' if ahead < timedelta(0) else '+'}{hours:02}{minutes:02}"
