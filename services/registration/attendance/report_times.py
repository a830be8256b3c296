"""Times and lengths as reports of attendance write them, in English.

Nothing tells whether 7/8/26 is in July or August. What is counted is how long someone was there, so that it only
matters that all times of a report are read in the same way.
"""

import itertools
import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Final

DAYS_FIRST: Final = ("%d/%m/%Y", "%d/%m/%y", "%d-%m-%Y", "%d.%m.%Y", "%d %b %Y", "%d %B %Y")
MONTHS_FIRST: Final = ("%m/%d/%Y", "%m/%d/%y", "%b %d %Y", "%B %d %Y")
YEARS_FIRST: Final = ("%Y-%m-%d", "%Y/%m/%d")
OF_24_HOURS: Final = ("%H:%M:%S", "%H:%M")
OF_12_HOURS: Final = ("%I:%M:%S %p", "%I:%M %p")
FORMATS: Final = tuple(  # twelve hours are American where nothing else tells
    f"{day} {time}"
    for days, times in (
        (YEARS_FIRST + DAYS_FIRST + MONTHS_FIRST, OF_24_HOURS),
        (YEARS_FIRST + MONTHS_FIRST + DAYS_FIRST, OF_12_HOURS),
    )
    for day, time in itertools.product(days, times)
)
ZONE: Final = re.compile(r"(?<=\d)\s*(?:Z|[A-Z]{3,5}|[+-]\d\d:?\d\d)$")  # GMT, BST, IST, EDT
PARTS: Final = re.compile(
    r"(?:(\d+)\s*h(?:ou)?(?:rs?)?)?\s*(?:(\d+)\s*m(?:in(?:ute)?s?)?)?\s*(?:(\d+)\s*s(?:ec(?:ond)?s?)?)?", re.I
)

MONTHS: Final = 12
Span = tuple[datetime, datetime]


def minutes_in(text: str) -> float | None:
    """Return the length that a cell says, in minutes: “1h 2m 3s”, “62”, “62 min”, “01:02:03”, “1:02”; None if none."""
    text = text.strip().replace(",", ".") if re.fullmatch(r"\s*\d+,\d+\s*", text) else text.strip().replace(",", " ")
    if re.fullmatch(r"\d{1,6}(?:\.\d{1,6})?", text):
        return float(text)
    if found := re.fullmatch(r"(\d{1,4}):(\d\d)(?::(\d\d))?", text):
        return int(found[1]) * 60 + int(found[2]) + int(found[3] or 0) / 60
    found = PARTS.fullmatch(text)
    if found is None or not any(found.groups()):
        return None
    hours, minutes, seconds = (int(part[:6]) if part else 0 for part in found.groups())
    return hours * 60 + minutes + seconds / 60


def times_in(began: Sequence[str], ended: Sequence[str] | None) -> list[Span | None]:
    """Return from when to when each was there, None where it is not said or cannot be read.

    All times are read in one way, the first that reads most of them. Without `ended`, a time stands for itself.
    """
    first = [_plain(text) for text in began]
    last = first if ended is None else [_plain(text) for text in ended]
    said = {text for text in (*first, *last) if text}
    known: dict[str, datetime] = {}
    for form in FORMATS:
        read = {text: time for text in said if (time := _read(text, form)) is not None}
        if len(read) > len(known):
            known = read
        if len(known) == len(said):
            break
    found = [(known.get(start), known.get(end)) for start, end in zip(first, last, strict=True)]
    return [(start, end) if start and end and start <= end else None for start, end in found]


def minutes_between(spans: Iterable[Span]) -> float:
    """Return for how long at least one of the spans was under way, in minutes."""
    total, until = timedelta(0), datetime.min
    for start, end in sorted(spans):
        total += max(timedelta(0), end - max(start, until))
        until = max(until, end)
    return total / timedelta(minutes=1)


def either_way_round(day: date) -> set[date]:
    """Return the days that may be meant by one that was read: 7/8/26 is in July or in August."""
    return {day} if day.day > MONTHS else {day, day.replace(month=day.day, day=day.month)}


def _plain(text: str) -> str:
    """Return a time with single spaces and no time zone."""
    spaced = " ".join(re.sub(r"(?<=\d)T(?=\d)", " ", text.replace(",", " ")).split())
    return ZONE.sub("", re.sub(r"(?<=:\d\d)\.\d+", "", spaced)) if re.match(r".*\d:\d", spaced) else spaced


def _read(text: str, form: str) -> datetime | None:
    try:
        return datetime.strptime(text, form)  # reports leave their time zone out
    except ValueError:
        return None
