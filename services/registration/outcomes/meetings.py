"""Which meeting is which, when a session gets other times: attendance stays with the meeting that it was recorded at.

Meetings come without names of their own. One is known by its times; else by when it starts, then by its day; and one
that moved to another day by its place among those that did, as long as both have begun, or neither has.
"""

from collections.abc import Callable, Hashable, Sequence
from datetime import datetime
from itertools import count
from typing import Any

from services.registration.models import Session, Span
from services.runtime.schemas import CITY

Meeting = dict[str, Any]  # id, starts_at and ends_at, in ISO 8601


def identify(session: Session, told: Sequence[Span], now: datetime) -> None:
    """Give the session these meetings: each with the id that it has, or else a new one.

    Those that are gone are kept aside. One that comes back at the very times is the one that it was.
    """
    gone, former = list(session.meetings), list(session.former_meetings)
    fresh = count(max((meeting["id"] for meeting in gone + former), default=0) + 1)
    ids: dict[int, int] = {}  # by the place of the meeting among those that were told of
    _find(ids, told, gone, _times)
    _find(ids, told, former, _times)
    for same in (_start, _day, lambda span: span[0] <= now):
        _find(ids, told, gone, same)
    meetings = [
        {"id": ids[place] if place in ids else next(fresh), **_as_text(span)} for place, span in enumerate(told)
    ]
    session.meetings, session.former_meetings = meetings, former + gone


def _find(ids: dict[int, int], told: Sequence[Span], known: list[Meeting], same: Callable[[Span], Hashable]) -> None:
    """Find those of the known meetings that are the `same` as one that has no id yet; they are known no longer."""
    for place, span in enumerate(told):
        found = next((meeting for meeting in known if place not in ids and same(_span(meeting)) == same(span)), None)
        if found is not None:
            ids[place] = found["id"]
            known.remove(found)


def _times(span: Span) -> Span:
    return span


def _start(span: Span) -> datetime:
    return span[0]


def _day(span: Span) -> Hashable:
    return span[0].astimezone(CITY).date()


def _span(meeting: Meeting) -> Span:
    return datetime.fromisoformat(meeting["starts_at"]), datetime.fromisoformat(meeting["ends_at"])


def _as_text(span: Span) -> dict[str, str]:
    return {"starts_at": span[0].isoformat(), "ends_at": span[1].isoformat()}
