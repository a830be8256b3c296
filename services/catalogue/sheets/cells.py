"""What stands in a cell of a sheet, as people and spreadsheets write it: days and times, lists, numbers and words."""

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime, time
from typing import Final, TypeVar

from services.runtime.faults import Fault

T = TypeVar("T")
DAYS: Final = ("%Y-%m-%d", "%d/%m/%Y", "%d.%m.%Y", "%d-%m-%Y", "%d %b %Y", "%d %B %Y")  # days first, as in this city
TIMES: Final = ("%H:%M", "%H:%M:%S", "%I:%M %p", "%I:%M:%S %p", "%I.%M %p", "%I %p", "%H.%M")
SPLIT: Final = re.compile(r"[;,\n]")
WEEKDAY: Final = re.compile(r"^(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*,?\s+", re.IGNORECASE)
HALF_OF_DAY: Final = re.compile(r"(?<=\d)\s*([ap])\.?m\.?$", re.IGNORECASE)


class Unreadable(Exception):
    """What stands there cannot be read."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.code)
        self.fault = fault


def day_in(text: str) -> date:
    """Return the day that is written there. Raises Unreadable."""
    found = _read(WEEKDAY.sub("", text), DAYS)
    if found is None:
        raise Unreadable(Fault("not-a-date"))
    return found.date()


def moment_in(text: str, day: date | None) -> str:
    """Return a local time as ISO 8601, without an offset, of a day and a time, or of a time alone on that `day`.

    A day that is written there counts for more. Raises Unreadable.
    """
    plain = " ".join(re.sub(r"(?<=\d)T(?=\d)", " ", WEEKDAY.sub("", text)).replace(",", " ").split())
    plain = HALF_OF_DAY.sub(lambda found: f" {found[1].upper()}M", plain)
    if day is not None and (alone := _read(plain, TIMES)):
        return _iso(day, alone.time())
    found = _read(plain, (f"{day} {time}" for day in DAYS for time in TIMES))
    if found is None:
        raise Unreadable(Fault("not-a-day-and-time"))
    return _iso(found.date(), found.time())


def list_in(text: str) -> list[str]:
    """Return what is between commas, semicolons or lines, each once."""
    return list(dict.fromkeys(part for part in (" ".join(part.split()) for part in SPLIT.split(text)) if part))


def number_in(text: str) -> int:
    """Return the whole number, with or without commas between thousands. Raises Unreadable."""
    plain = re.sub(r"[\s,](?=\d{3}\b)", "", text).removesuffix(".0")
    if not re.fullmatch(r"[0-9]{1,9}", plain):
        raise Unreadable(Fault("not-a-whole-number"))
    return int(plain)


def word_in(text: str, words: Mapping[str, str]) -> str:
    """Return what a word stands for, whatever its case. Raises Unreadable with the words to choose from."""
    plain = " ".join(re.sub("[-_]", " ", text.casefold()).split())
    if plain not in words:
        usual: dict[str, str] = {}
        for word, value in words.items():
            usual.setdefault(value, word)
        raise Unreadable(Fault("not-a-choice", {"choices": [*usual.values()]}))
    return words[plain]


def _read(text: str, forms: Iterable[str]) -> datetime | None:
    for form in forms:
        try:
            return datetime.strptime(text, form)
        except ValueError:
            continue
    return None


def _iso(day: date, at: time) -> str:
    return datetime.combine(day, at).isoformat()
