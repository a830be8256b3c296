"""The one place that reads the time. Rules never call it: they are given `now` as a parameter.

Processes that share a PostgreSQL read its time and not their machine's, so that no two machines' clocks are ever
compared: `database.py` has the clock follow it, and in between a counter that nobody sets goes on.
"""

import time
from datetime import UTC, datetime, timedelta

_shift = timedelta(0)
CLOSE = timedelta(milliseconds=50)  # an answer takes its time on the way; nearer than this the clock does not jump
_followed: tuple[datetime, float] | None = None  # the time somewhere else, and what our counter said then


def now() -> datetime:
    """Return the time as an aware UTC datetime."""
    return _unshifted() + _shift


def follow(moment: datetime) -> None:
    """Go on from the time that it is somewhere else just now (aware); the machine's own clock counts no more."""
    global _followed
    if _followed is None or abs(moment - _unshifted()) > CLOSE:
        _followed = moment.astimezone(UTC), time.monotonic()


def follow_nothing() -> None:
    """Go by the machine's own clock again."""
    global _followed
    _followed = None


def start_at(moment: datetime) -> None:
    """Make the clock read `moment` (aware) from here on, and run at the usual speed."""
    global _shift
    _shift = moment - _unshifted()


def shift() -> timedelta:
    """Return how far ahead of the usual time this one is."""
    return _shift


def run_shifted(ahead: timedelta) -> None:
    """Read the usual time and so much more; nothing more undoes `start_at`."""
    global _shift
    _shift = ahead


def _unshifted() -> datetime:
    if _followed is None:
        return datetime.fromtimestamp(time.time(), UTC)
    moment, counted = _followed
    return moment + timedelta(seconds=time.monotonic() - counted)
