"""Which entry of a person's calendar each meeting has: the number is the end of its UID, and stays for life.

Meetings come without names of their own, so that a meeting is known by its times, and one that moved by its place
among those that did. Entries are those of `invites.py`.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import chain, count

from services.notifications.models import Facts


def numbers_for(
    meetings: Sequence[Facts], entries: Sequence[Facts], now: datetime, *, moved: bool, again: bool = True
) -> list[int]:
    """Return the number of each meeting's entry: one that is there, or else a new one.

    `moved` says that the meetings are those of another session than before: what has taken place of the old one then
    stays as it was. `again` says that a new meeting may have the number of one that was removed.
    """
    live = [entry for entry in entries if entry["method"] == "REQUEST"]
    off = [entry for entry in entries if entry["method"] == "CANCEL"]
    found = _at_the_same_time(meetings, live, len(meetings), {})
    ahead = [entry for entry in _left(live, found) if not is_over(entry, now)]
    found |= _at_the_same_time(meetings, off, len(meetings) - len(found) - len(ahead), found)
    past = [] if moved else [entry for entry in _left(live, found) if is_over(entry, now)]
    fresh = count(max((entry["n"] for entry in entries), default=0) + 1)
    unused = _left(off, found) if again else []
    spare = chain((entry["n"] for entry in chain(ahead, past, unused)), fresh)
    return [found[place] if place in found else next(spare) for place in range(len(meetings))]


def numbered(meetings: Sequence[Facts], before: Sequence[Facts], now: datetime) -> list[Facts]:
    """Return the meetings of a session, as entries, and then those that it had: each keeps its number for life.

    `before` is what this returned the last time, or nothing.
    """
    numbers = numbers_for(meetings, before, now, moved=False, again=False)
    times = [{name: meeting[name] for name in ("starts_at", "ends_at")} for meeting in meetings]
    there = [{"n": n, "method": "REQUEST", **its} for n, its in zip(numbers, times, strict=True)]
    return [*there, *({**entry, "method": "CANCEL"} for entry in before if entry["n"] not in numbers)]


def is_over(times: Facts, now: datetime) -> bool:
    """Tell whether `{starts_at, ends_at}` has ended."""
    return datetime.fromisoformat(times["ends_at"]) <= now


def _at_the_same_time(
    meetings: Sequence[Facts], entries: Sequence[Facts], at_most: int, found: dict[int, int]
) -> dict[int, int]:
    """Return the numbers of entries at the very times of meetings, by the meetings' places, beyond those `found`."""
    numbers = {_times(entry): entry["n"] for entry in reversed(entries)}
    more: dict[int, int] = {}
    for place, meeting in enumerate(meetings):
        if place not in found and len(more) < at_most and _times(meeting) in numbers:
            more[place] = numbers.pop(_times(meeting))
    return more


def _left(entries: Iterable[Facts], found: dict[int, int]) -> list[Facts]:
    taken = set(found.values())
    return sorted((entry for entry in entries if entry["n"] not in taken), key=_times)


def _times(meeting: Facts) -> tuple[datetime, datetime]:
    return datetime.fromisoformat(meeting["starts_at"]), datetime.fromisoformat(meeting["ends_at"])
