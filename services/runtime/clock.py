"""The one place that reads the time. Rules never call it: they are given `now` as a parameter."""

import time
from datetime import UTC, datetime, timedelta

_shift = timedelta(0)


def now() -> datetime:
    """Return the time as an aware UTC datetime."""
    return datetime.fromtimestamp(time.time(), UTC) + _shift


def start_at(moment: datetime) -> None:
    """Make the clock read `moment` (aware) from here on, and run at the usual speed."""
    global _shift
    _shift = moment - datetime.fromtimestamp(time.time(), UTC)


def shift() -> timedelta:
    """Return how far ahead of the machine's clock this one is."""
    return _shift


def run_shifted(ahead: timedelta) -> None:
    """Read the machine's time and so much more; nothing more undoes `start_at`."""
    global _shift
    _shift = ahead
