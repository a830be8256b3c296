"""Dates and times in words, in the city's time zone."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from services.runtime.schemas import CITY

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
          "November", "December")  # fmt: skip


def day_in_words(moment: datetime) -> str:
    """Return for example “Tuesday 9 March 2027”."""
    local = moment.astimezone(CITY)
    return f"{DAYS[local.weekday()]} {local.day} {MONTHS[local.month - 1]} {local.year}"


def date_in_words(day: date) -> str:
    """Return for example “9 March 2027”."""
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def typed_day(day: str, month: str, year: str) -> date:
    """Return the day that was typed in three fields: the month as a number or a name, the year in two digits too.

    Those from 70 on are of the last century. Raises ValueError where there is no such day.
    """
    named = [number for number, name in enumerate(MONTHS, start=1) if _begins(name, month)]
    number = named[0] if len(named) == 1 else _digits(month)
    years = _digits(year)
    if len(year.strip()) == 2:
        years += 1900 if years >= 70 else 2000
    return date(years, number, _digits(day))


def _begins(name: str, typed: str) -> bool:
    """Say whether the name of a month begins so; in three letters at least."""
    short = typed.strip().rstrip(".").lower()
    return len(short) >= 3 and name.lower().startswith("sep" if short == "sept" else short)


def _digits(text: str) -> int:
    text = text.strip()
    if not (text.isascii() and text.isdigit() and len(text) < 5):
        raise ValueError(f"{text!r} is no number")
    return int(text)


def time_in_words(moment: datetime) -> str:
    """Return for example “9:30am”, “1pm”, “midday”, “midnight”."""
    local = moment.astimezone(CITY)
    if local.minute == 0 and local.hour in (0, 12):
        return "midday" if local.hour else "midnight"
    minutes = f":{local.minute:02}" if local.minute else ""
    return f"{local.hour % 12 or 12}{minutes}{'am' if local.hour < 12 else 'pm'}"


def month_of(moment: datetime) -> str:
    """Return the month in which this is, as addresses name it: “2027-03”."""
    local = moment.astimezone(CITY)
    return f"{local.year}-{local.month:02}"


def month_in_words(month: str) -> str:
    """Return for example “March 2027” for “2027-03”."""
    year, number = month.split("-")
    return f"{MONTHS[int(number) - 1]} {year}"


def length_in_words(minutes: int) -> str:
    """Return for example “1 hour 30 minutes”."""
    hours, rest = divmod(minutes, 60)
    parts = [(hours, "hour"), (rest, "minute")]
    return " ".join(f"{count} {word}{'' if count == 1 else 's'}" for count, word in parts if count) or "0 minutes"


def hours_in_words(hours: float) -> str:
    """Return for example “1 hour”, “7.5 hours”."""
    return "1 hour" if hours == 1 else f"{hours:g} hours"


def length_of_meetings(meetings: Sequence[Mapping[str, datetime]]) -> str:
    """Return how long a session takes: “1 hour 30 minutes”, “2 meetings of 7 hours”, “3 meetings, 8 hours in all”."""
    lengths = [round((meeting["ends_at"] - meeting["starts_at"]).total_seconds() / 60) for meeting in meetings]
    if len(lengths) == 1:
        return length_in_words(lengths[0])
    if len(set(lengths)) == 1:
        return f"{len(lengths)} meetings of {length_in_words(lengths[0])}"
    return f"{len(lengths)} meetings, {length_in_words(sum(lengths))} in all"


def in_words(moment: datetime) -> str:
    """Return day and time."""
    return f"{day_in_words(moment)}, {time_in_words(moment)}"


def span_in_words(starts_at: datetime, ends_at: datetime) -> str:
    """Return a meeting's day and times: “Tuesday 9 March 2027, 9:30am to 4:30pm”."""
    until = time_in_words(ends_at)
    if starts_at.astimezone(CITY).date() != ends_at.astimezone(CITY).date():
        until = in_words(ends_at)
    return f"{in_words(starts_at)} to {until}"


def in_short(moment: datetime) -> str:
    """Return day and time for where there is little room: “9 Mar 2027, 9:30am”."""
    local = moment.astimezone(CITY)
    return f"{local.day} {MONTHS[local.month - 1][:3]} {local.year}, {time_in_words(moment)}"


def in_figures(moment: datetime) -> str:
    """Return the day where many stand one below the other: “09/03/2027”."""
    local = moment.astimezone(CITY)
    return f"{local.day:02}/{local.month:02}/{local.year}"  # a tenth of what strftime takes
