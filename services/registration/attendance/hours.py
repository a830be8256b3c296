"""How long meetings take, and which of them someone was at."""

from collections.abc import Set
from datetime import timedelta

from services.registration.models import Session, Span


def spans_of(session: Session, ids: Set[int]) -> list[Span]:
    """Return when each of these meetings of a session starts and ends."""
    return [span for meeting, span in zip(session.meetings, session.spans, strict=True) if meeting["id"] in ids]


def hours_of(spans: list[Span]) -> float:
    """Return how long these meetings take, all together."""
    return round(sum((ends - starts for starts, ends in spans), timedelta(0)) / timedelta(hours=1), 2)
