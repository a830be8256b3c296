"""Periods of days that a query asks for, and those that are asked for most."""

from datetime import date, datetime
from typing import Final

from gateway.projection.read_model import Data
from gateway.web.pages.field_errors import Asked
from gateway.web.times import date_in_words
from services.runtime.schemas import CITY

ASKED: Final = {
    "from": Asked(ask="Enter the first day as year, month and day, such as 2026-04-01"),
    "to": Asked(ask="Enter the last day as year, month and day, and not before the first"),
}


def in_words(told: Data) -> str:
    """Return for example “1 April 2026 to 31 March 2027”, “From 1 April 2026”, or “All time”."""
    first, last = told["from"], told["to"]
    if first and last:
        return f"{day_of(first)} to {day_of(last)}"
    return f"From {day_of(first)}" if first else f"Up to {day_of(last)}" if last else "All time"


def day_of(text: str) -> str:
    """Return for example “1 April 2026”."""
    return date_in_words(date.fromisoformat(text))


def asked_most(now: datetime, **kept: str) -> list[tuple[str, dict[str, str]]]:
    """Return in words this year, last year and all time, each with its query; `kept` stays in it.

    The NHS and councils plan from April to March.
    """
    today = now.astimezone(CITY).date()
    year = today.year if today.month >= 4 else today.year - 1

    def of(words: str, first: int) -> tuple[str, dict[str, str]]:
        return f"{words}, {first} to {first + 1}", {"from": f"{first}-04-01", "to": f"{first + 1}-03-31", **kept}

    return [of("This year", year), of("Last year", year - 1), ("All time", kept)]
