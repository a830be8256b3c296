"""Answers who the programme reached in a period: exactly for the team, or as it may be shared."""

from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session as OrmSession

from services.community.models import Person, ReachMade, ReachRoom, ReachWho, Sector, Session
from services.community.reach.counts import Counted, count, ended
from services.community.reach.facts import ALL_SECTORS
from services.community.reach.sharing import shared as as_shared
from services.runtime.refusals import Invalid
from services.runtime.to_share import FEW, FEWEST, rounded

MOST_SESSIONS = 50
NOT_SAID = "Not said"


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
    year_before = [(_a_year_before(first), _a_year_before(last))] if first and last and first.year > 1 else []
    counted, *earlier = count(db, [(first, last), *year_before], programme)
    sectors = _sectors(db, counted)
    workforce = sum(sector["workforce"] or 0 for sector in sectors) or None
    total = _with_share(counted.total(), workforce)
    before = _with_share(earlier[0].total(), workforce) if earlier else None
    organisations: list[dict[str, Any]] = [
        {"organisation": name, "sector": sector or None, "people": people}
        for (sector, name), people in sorted(counted.by_organisation.items(), key=_most_first)
    ]
    if shared:
        total, before = as_shared(total), before and as_shared(before)
        sectors = [as_shared(row) for row in sectors]
        organisations = [{**row, "people": rounded(row["people"])} for row in organisations if row["people"] >= FEWEST]
    return {
        **{"from": first, "to": last, "programme": programme, "shared": shared},
        "made_at": db.scalar(select(ReachMade.made_at).where(ReachMade.sector == ALL_SECTORS)),
        **{"total": total, "year_before": before, "sectors": sectors, "organisations": organisations},
        "never_reached": [] if shared else _never_reached(db),
        "sessions": _sessions(db, first, last, programme, shared),
    }


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


def _never_reached(db: OrmSession) -> list[dict[str, Any]]:
    """Return the organisations that people have accounts from, and nobody has come from."""
    named = select(Person.sector, Person.organisation).where(~Person.erased, Person.organisation.is_not(None))
    known = {(sector or "", name) for sector, name in db.execute(named.distinct())}
    reached = db.execute(select(ReachWho.sector, ReachWho.organisation).distinct()).all()
    missing = sorted(known - {(sector, name) for sector, name in reached})
    return [{"organisation": name, "sector": sector or None} for sector, name in missing]


def _sessions(
    db: OrmSession, first: date | None, last: date | None, programme: str | None, shared: bool
) -> list[dict[str, Any]]:
    """Return how many sectors were in the room of the latest sessions of a period."""
    rooms = select(Session.slug, Session.title, Session.ends_at, ReachRoom.people, ReachRoom.sectors)
    rooms = rooms.join(ReachRoom, ReachRoom.session == Session.slug).where(ReachRoom.people > 0, *ended(first, last))
    if programme:
        rooms = rooms.where(Session.programme == programme)
    latest = rooms.order_by(Session.ends_at.desc(), Session.slug).limit(MOST_SESSIONS)
    return [
        {
            **{"session": slug, "title": title, "ended_at": ends_at},
            "sectors_in_room": FEW if shared and people < FEWEST else sectors,
        }
        for slug, title, ends_at, people, sectors in db.execute(latest)
    ]
