"""Quiet hours: what can wait is not sent between nine in the evening and seven in the morning, by the city's clocks."""

from datetime import datetime, time, timedelta
from typing import Final

from services.runtime.schemas import CITY

EVENING: Final = time(21)
MORNING: Final = time(7)
NOTICE: Final = timedelta(hours=6)  # what begins sooner than this after the morning cannot wait for it


_kept = True


def keep(quiet: bool) -> None:
    """Keep quiet hours in this process, or not: HEADROW_QUIET_HOURS."""
    global _kept
    _kept = quiet


def end_of_quiet(now: datetime) -> datetime:
    """Return when the quiet hours that `now` lies in end; `now` itself outside them."""
    local = now.astimezone(CITY)
    if not _kept or MORNING <= local.time() < EVENING:
        return now
    day = local.date() + timedelta(days=local.time() >= EVENING)
    return datetime.combine(day, MORNING, CITY).astimezone(now.tzinfo)


def can_wait_for(begins_at: datetime | None, now: datetime) -> bool:
    """Tell whether word of something that begins at `begins_at` still comes in time after the quiet hours of `now`."""
    return begins_at is None or begins_at >= end_of_quiet(now) + NOTICE
