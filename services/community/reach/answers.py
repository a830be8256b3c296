"""Answers who the programme reached in a period: exactly for the team, or as it may be shared."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session as OrmSession

from services.community.models import Person, ReachMade, ReachRoom, Sector, Session
from services.community.reach import keeping
from services.community.reach.counts import Counted, Place, Sessions, Who, counted, span
from services.community.reach.facts import ALL_SECTORS
from services.community.reach.sharing import shared as as_shared
from services.runtime.refusals import Invalid
from services.runtime.to_share import FEW, FEWEST, rounded

MOST_SESSIONS = 50
NOT_SAID = "Not said"
NAMED = select(Person.organisation, Person.sector).distinct()
NAMED = NAMED.where(Person.organisation.is_not(None), ~Person.erased)


@dataclass(frozen=True)
class Made:
    """What is kept of an answer: all that only another count changes."""

    counted: Counted
    year_before: Counted | None
    organisations: list[tuple[Place, int]]  # with their people, the most first
    reached: frozenset[Place]  # that anyone has ever come from
    rooms: Sequence[Any]  # of the latest sessions, as _rooms selects them


def reach(
    db: OrmSession,
    first: date | None = None,
    last: date | None = None,
    programme: str | None = None,
    shared: bool = False,
) -> dict[str, Any]:
    """Return who a programme, or all of them, reached from `first` to `last`; without days, since it began.

    Raises Invalid where the period ends before it begins.
    """
    if first and last and last < first:
        raise Invalid.field("to", "last-before-first")
    with keeping.of(db) as kept:
        made = kept.answer(db, (first, last, programme), partial(_made, db, first, last, programme))
    sectors = _sectors(db, made.counted)
    workforce = sum(sector["workforce"] or 0 for sector in sectors) or None
    total = _with_share(made.counted.total(), workforce)
    before = _with_share(made.year_before.total(), workforce) if made.year_before else None
    organisations: list[dict[str, Any]] = [
        {"organisation": name, "sector": sector or None, "people": people}
        for (sector, name), people in made.organisations
    ]
    if shared:
        total, before = as_shared(total), before and as_shared(before)
        sectors = [as_shared(row) for row in sectors]
        organisations = [{**row, "people": rounded(row["people"])} for row in organisations if row["people"] >= FEWEST]
    return {
        **{"from": first, "to": last, "programme": programme, "shared": shared},
        "made_at": db.scalar(select(ReachMade.made_at).where(ReachMade.sector == ALL_SECTORS)),
        **{"total": total, "year_before": before, "sectors": sectors, "organisations": organisations},
        "never_reached": [] if shared else _never_reached(db, made.reached),
        "sessions": [_room(row, shared) for row in made.rooms],
    }


def _made(db: OrmSession, first: date | None, last: date | None, programme: str | None,
          who: Who, sessions: Sessions) -> Made:  # fmt: skip
    now = counted(who, sessions, (first, last), programme)
    before = None
    if first and last and first.year > 1:
        before = counted(who, sessions, (_a_year_before(first), _a_year_before(last)), programme)
    organisations = sorted(now.by_organisation.items(), key=_most_first)
    return Made(now, before, organisations, frozenset(who.places), _rooms(db, first, last, programme))


def _most_first(row: tuple[tuple[str, str | None], int]) -> tuple[int, str, str]:
    (sector, name), people = row
    return -people, sector, name or ""


def _a_year_before(day: date) -> date:
    """Return the same day of the year before; 28 February for the 29th."""
    return day.replace(year=day.year - 1, day=28 if (day.month, day.day) == (2, 29) else day.day)


def _sectors(db: OrmSession, counted: Counted) -> list[dict[str, Any]]:
    listed = [(row.code, row.name, row.workforce) for row in db.scalars(select(Sector).order_by(Sector.name))]
    others = {*counted.by_sector, *counted.places} - {code for code, _, _ in listed}
    listed += [(code, code or NOT_SAID, None) for code in sorted(others)]
    return [
        {"sector": code or None, "name": name, **_with_share(counted.of(code), workforce)}
        for code, name, workforce in listed
    ]


def _with_share(counts: dict[str, Any], workforce: int | None) -> dict[str, Any]:
    share = round(counts["people"] / workforce, 4) if workforce else None
    return {**counts, "workforce": workforce, "share": share}


def _never_reached(db: OrmSession, reached: frozenset[Place]) -> list[dict[str, Any]]:
    """Return the organisations that people have accounts from, and nobody has come from."""
    known = {(sector or "", name) for name, sector in db.execute(NAMED)}
    return [{"organisation": name, "sector": sector or None} for sector, name in sorted(known - reached)]


def _rooms(db: OrmSession, first: date | None, last: date | None, programme: str | None) -> Sequence[Any]:
    """Return how many people and sectors were in the room of the latest sessions of a period."""
    begin, end = span(first, last)
    rooms = select(Session.slug, Session.title, Session.ends_at, ReachRoom.people, ReachRoom.sectors)
    rooms = rooms.join(ReachRoom, ReachRoom.session == Session.slug)
    rooms = rooms.where(ReachRoom.people > 0, Session.ends_at.is_not(None))
    if begin:
        rooms = rooms.where(Session.ends_at >= begin)
    if end:
        rooms = rooms.where(Session.ends_at < end)
    if programme:
        rooms = rooms.where(Session.programme == programme)
    return db.execute(rooms.order_by(Session.ends_at.desc(), Session.slug).limit(MOST_SESSIONS)).all()


def _room(row: Any, shared: bool) -> dict[str, Any]:
    few = shared and row.people < FEWEST
    return {
        **{"session": row.slug, "title": row.title, "ended_at": row.ends_at},
        "sectors_in_room": FEW if few else row.sectors,
    }
