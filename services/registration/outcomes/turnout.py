"""Who came of those who had a place, who did not, and who had cancelled, at the sessions that are over."""

from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, Select, and_, case, func, literal, or_, select
from sqlalchemy.orm import Session as OrmSession

from services.registration.accounts.employments import organisation_then
from services.registration.accounts.organisations import spellings
from services.registration.models import THERE, Booking, Person, Session
from services.registration.periods import within
from services.runtime.paging import cursor_after, key_of

Key = tuple[str, ...]  # what the rows are ordered by
OUTCOMES: Final = ("attended", "partly_attended", "absent", "not_recorded", "cancelled_late", "cancelled_in_time")
GROUPS: Final = {
    "session": (Session.slug, Session.starts_at),
    "programme": (Session.programme,),
    "sector": (Booking.sector,),
    "organisation": (organisation_then(),),
}


def turnout(
    db: OrmSession,
    now: datetime,
    cursor: str | None,
    limit: int,
    *,
    by: str,
    first: date | None,
    last: date | None,
    programme: str | None,
) -> dict[str, Any]:
    """Return a page of the counts of each group, the latest session first or in alphabetical order, and of them all.

    Whoever booked a session more than once is counted once for it: by the place that they have, or had last. Sessions
    that were cancelled do not count, and neither does whoever only waited. Raises Invalid.
    """
    over = [Session.ends_at <= now, Session.status == "published", *within(Session.starts_at, first, last)]
    if programme:
        over.append(Session.programme == programme)
    rows = db.execute(_counted(by, over)).all()
    found = sorted(((_key(by, row), row) for row in rows), key=lambda pair: pair[0], reverse=by == "session")
    page, after = _page(by, found, cursor, limit)
    total = {name: sum(getattr(row, name) for row in rows) for name in ("had_place", *OUTCOMES)}
    asked = {"by": by, "from": first, "to": last, "programme": programme}
    return {**asked, "total": total, "items": _shown(db, by, page), "next": after}


def _counted(by: str, over: list[ColumnElement[bool]]) -> Select[*tuple[Any, ...]]:
    """Return the query of each group with how many people had a place, and how many came to each outcome."""
    was_there = Booking.attendance.in_(THERE)
    gave_up = and_(Booking.state == "cancelled", Booking.confirmed_at.is_not(None))
    outcome = case(
        (was_there, Booking.attendance),
        (Booking.state == "confirmed", func.coalesce(Booking.attendance, "not_recorded")),
        (Booking.cancelled_late, "cancelled_late"),
        else_="cancelled_in_time",
    )
    rank = case((Booking.state == "confirmed", 0), (was_there, 1), else_=2)
    nth = func.row_number().over(
        partition_by=(Booking.person_id, Booking.session_slug), order_by=(rank, Booking.id.desc())
    )
    group = [column.label(f"group_{n}") for n, column in enumerate(GROUPS[by])]
    places = select(*group, outcome.label("outcome"), nth.label("nth"))
    places = places.select_from(Booking).join(Session).join(Person)
    each = places.where(*over, or_(was_there, Booking.state == "confirmed", gave_up)).subquery()
    named = [each.c[f"group_{n}"] for n in range(len(group))]
    counts = [func.sum(case((each.c.outcome == name, 1), else_=literal(0))).label(name) for name in OUTCOMES]
    return select(*named, func.count().label("had_place"), *counts).where(each.c.nth == 1).group_by(*named)


def _key(by: str, row: Row[Any]) -> Key:
    return (row.group_1.isoformat(), row.group_0) if by == "session" else (row.group_0 or "",)


def _page(
    by: str, rows: list[tuple[Key, Row[Any]]], cursor: str | None, limit: int
) -> tuple[list[Row[Any]], str | None]:
    """Return the rows behind the cursor, at most `limit`, and the cursor of those that follow."""
    if cursor:
        last = tuple(key_of(cursor, *[str] * len(GROUPS[by])))
        rows = [(key, row) for key, row in rows if (key < last if by == "session" else key > last)]
    after = cursor_after(*rows[limit - 1][0]) if len(rows) > limit else None
    return [row for _, row in rows[:limit]], after


def _shown(db: OrmSession, by: str, rows: list[Row[Any]]) -> list[dict[str, Any]]:
    names = spellings(db, [row.group_0 for row in rows if row.group_0]) if by == "organisation" else {}
    shown = []
    for row in rows:
        counts = {name: getattr(row, name) for name in ("had_place", *OUTCOMES)}
        when = {"starts_at": row.group_1} if by == "session" else {}
        shown.append({"of": names.get(row.group_0, row.group_0), **when, **counts})
    return shown
