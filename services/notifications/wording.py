"""Times in words, in the city's time zone, as templates use them."""

from datetime import datetime

from services.bus.schemas import CITY
from services.notifications.models import Facts


def moment(iso: str) -> str:
    """Return `Tuesday 9 March 2027, 9:30am` for an ISO 8601 time."""
    local = _local(iso)
    return f"{_date(local)}, {_time(local)}"


def meeting(times: Facts) -> str:
    """Return `Tuesday 9 March 2027, 9:30am to 4:30pm` for `{starts_at, ends_at}`."""
    start, end = _local(times["starts_at"]), _local(times["ends_at"])
    until = _time(end) if start.date() == end.date() else f"{_date(end)}, {_time(end)}"
    return f"{_date(start)}, {_time(start)} to {until}"


def _local(iso: str) -> datetime:
    return datetime.fromisoformat(iso).astimezone(CITY)


def _date(local: datetime) -> str:
    return f"{local:%A} {local.day} {local:%B} {local.year}"


def _time(local: datetime) -> str:
    if local.minute == 0 and local.hour in (0, 12):  # 12am and 12pm are read either way
        return "midday" if local.hour else "midnight"
    minutes = f":{local:%M}" if local.minute else ""
    return f"{local.hour % 12 or 12}{minutes}{'am' if local.hour < 12 else 'pm'}"
