"""Dates and times in words, in the city's time zone."""

from datetime import datetime

from services.bus.schemas import CITY

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
          "November", "December")  # fmt: skip


def day_in_words(moment: datetime) -> str:
    """Return for example “Tuesday 9 March 2027”."""
    local = moment.astimezone(CITY)
    return f"{DAYS[local.weekday()]} {local.day} {MONTHS[local.month - 1]} {local.year}"


def time_in_words(moment: datetime) -> str:
    """Return for example “9.30am”, “1pm”, “midday”, “midnight”."""
    local = moment.astimezone(CITY)
    if local.minute == 0 and local.hour in (0, 12):
        return "midday" if local.hour else "midnight"
    minutes = f".{local.minute:02}" if local.minute else ""
    return f"{local.hour % 12 or 12}{minutes}{'am' if local.hour < 12 else 'pm'}"


def in_words(moment: datetime) -> str:
    """Return day and time."""
    return f"{day_in_words(moment)}, {time_in_words(moment)}"


def span_in_words(starts_at: datetime, ends_at: datetime) -> str:
    """Return a meeting's day and times: “Tuesday 9 March 2027, 9.30am to 4.30pm”."""
    until = time_in_words(ends_at)
    if starts_at.astimezone(CITY).date() != ends_at.astimezone(CITY).date():
        until = in_words(ends_at)
    return f"{in_words(starts_at)} to {until}"


def in_short(moment: datetime) -> str:
    """Return day and time for where there is little room: “9 Mar 2027, 9.30am”."""
    local = moment.astimezone(CITY)
    return f"{local.day} {MONTHS[local.month - 1][:3]} {local.year}, {time_in_words(moment)}"
