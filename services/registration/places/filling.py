"""How sessions filled, day by day: read from the history of their bookings, so that nothing is counted twice."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from itertools import groupby
from operator import itemgetter
from typing import Any, Final

from sqlalchemy import Row, Select, select, text, union
from sqlalchemy.orm import Session as OrmSession

from services.registration.models import LIVE, MODES, Booking, Change, Session
from services.registration.places.overview import MOST_SESSIONS
from services.runtime.refusals import Invalid
from services.runtime.schemas import CITY

Steps = dict[str, dict[date, Counter[str]]]  # by session and day: how many more have come to a state than have left it

MOVED: Final = text("what = 'booking_moved'")  # as the index says it: SQLite uses it for these very words alone


def fillings(db: OrmSession, slugs: Sequence[str]) -> dict[str, Any]:
    """Return of each session that is known how many places it has now, and how it stood at the end of each day.

    Days are the city's, the earliest first; a day on which nothing changed is left out. `{items: [{session, places,
    over, days: [{day, confirmed, offered, waiting}]}]}`: of those who are confirmed now, so many are `over` the
    capacity. Raises Invalid.
    """
    if len(slugs) > MOST_SESSIONS:
        raise Invalid.field("slugs", "too-many-sessions", max=MOST_SESSIONS)
    sessions = db.scalars(select(Session).where(Session.slug.in_(slugs)).order_by(Session.slug)).all()
    steps: Steps = {session.slug: {} for session in sessions}
    for _, changes in groupby(db.execute(_changes(slugs)), key=itemgetter(0)):
        _count(steps, changes)
    return {"items": [_filling(session, steps[session.slug]) for session in sessions]}


def _changes(slugs: Sequence[str]) -> Select[int, datetime, str, str]:
    """Return the query of all changes of the bookings that are, or once were, in one of those sessions, in order.

    A booking that left by moving is not among the session's own any more: those are found by having moved at all.
    """
    moved = select(Change.booking_id).where(MOVED)
    left = select(Change.booking_id).where(Change.booking_id.in_(moved), Change.session_slug.in_(slugs))
    there = union(select(Booking.id).where(Booking.session_slug.in_(slugs)), left)
    query = select(Change.booking_id, Change.at, Change.session_slug, Change.state)
    return query.where(Change.booking_id.in_(there)).order_by(Change.booking_id, Change.id)


def _count(steps: Steps, changes: Iterable[Row[int, datetime, str, str]]) -> None:
    """Add what one booking did: on which day it came to a session and a state, and left another."""
    was: tuple[str, str] | None = None
    latest = date.min
    for _, at, slug, state in changes:
        # Entries are in order; a moment may not be, where one waited for the session's lock over midnight.
        latest = max(latest, at.astimezone(CITY).date())
        now = (slug, state) if state in LIVE else None
        if now != was:
            _step(steps, latest, was, -1)
            _step(steps, latest, now, +1)
            was = now


def _step(steps: Steps, day: date, what: tuple[str, str] | None, step: int) -> None:
    if what is not None and what[0] in steps:
        steps[what[0]].setdefault(day, Counter())[what[1]] += step


def _filling(session: Session, steps: dict[date, Counter[str]]) -> dict[str, Any]:
    sums: Counter[str] = Counter()
    days = []
    for day in sorted(steps):
        sums.update(steps[day])
        days.append({"day": day, **{state: sums[state] for state in LIVE}})
    places = sum(session.capacity(mode) for mode in MODES)
    over = sum(session.over(mode) for mode in MODES)
    return {"session": session.slug, "places": places, "over": over, "days": days}
