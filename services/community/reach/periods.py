"""The periods that figures are kept for: all time, programme years (from 1 April), and their quarters.

Each lies in another or beside it, so that there are no two nearly equal ones to subtract. Any other period that is
asked for is answered with the smallest of these that holds the same sessions, or more.
"""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from services.runtime.schemas import CITY

ALL = "all"  # a year is named by the year that it begins in, "2026", a quarter "2026-1" to "2026-4"


def quarter_of(moment: datetime) -> str:
    """Return the quarter of a programme year that a moment is in, by the city's calendar."""
    day = moment.astimezone(CITY)
    year = day.year - (day.month < 4)
    return f"{year}-{(day.month - 4) % 12 // 3 + 1}"


def year_of(quarter: str) -> str:
    """Return the programme year of a quarter."""
    return quarter[:4]


def holds(period: str, quarter: str) -> bool:
    """Tell whether a period has this quarter in it."""
    return period in (ALL, quarter, year_of(quarter))


def parent_of(period: str) -> str | None:
    """Return the period that this one is a part of; None of all time."""
    return None if period == ALL else year_of(period) if "-" in period else ALL


def around(quarters: Iterable[str]) -> str:
    """Return the smallest period that has all these quarters in it; there is at least one."""
    asked = set(quarters)
    years = {year_of(quarter) for quarter in asked}
    if len(asked) == 1:
        return asked.pop()
    return years.pop() if len(years) == 1 else ALL


def days_of(period: str) -> tuple[date, date] | None:
    """Return the first and the last day of a period; None of all time."""
    if period == ALL:
        return None
    year, _, quarter = period.partition("-")
    first = _first_day(int(year), int(quarter or 1))
    return first, _first_day(int(year), int(quarter) + 1 if quarter else 5) - timedelta(days=1)


def _first_day(year: int, quarter: int) -> date:
    month = 1 + 3 * quarter
    return date(year + (month - 1) // 12, (month - 1) % 12 + 1, 1)
