"""Answers whom the programme reached in a period, from the figures that may be shown and from nothing else."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session as OrmSession

from services.community.models import ReachFigures, ReachMade, ReachRoom, Sector, Session
from services.community.reach.facts import ALL_SECTORS
from services.community.reach.figures import FEW
from services.community.reach.periods import ALL, around, days_of, quarter_of
from services.community.reach.tables import FEWEST
from services.runtime.refusals import Invalid
from services.runtime.schemas import CITY

MOST_SESSIONS = 50
NONE = {"people": FEW, "new": FEW, "returning": FEW, "booked": FEW, "organisations": None}


def reach(
    db: OrmSession, first: date | None = None, last: date | None = None, programme: str | None = None
) -> dict[str, Any]:
    """Return whom a programme, or all of them, reached from `first` to `last`; without days, since it began.

    The answer is that of the smallest period with figures of its own that has the same sessions in it, and says so.
    Raises Invalid where the period ends before it begins.
    """
    if first and last and last < first:
        raise Invalid.field("to", "last-before-first")
    period = _period(db, first, last, programme)
    found = _figures(db, period, programme or "") if period else {}
    sectors = [_sector(row, found.get(row.code, {})) for row in db.scalars(select(Sector).order_by(Sector.name))]
    listed = {row["sector"] for row in sectors}
    for code in sorted(found.keys() - listed - {ALL_SECTORS}):
        told = Sector(code=code, name=code or "Not said", workforce=None)
        sectors.append({**_sector(told, found[code]), "sector": code or None})
    days = days_of(period) if period else (first, last)
    return {
        "from": days[0] if days else None,
        "to": days[1] if days else None,
        "asked": {"from": first, "to": last},
        "programme": programme,
        "made_at": db.scalar(select(ReachMade.made_at).where(ReachMade.sector == ALL_SECTORS)),
        "total": _total(sectors),
        "sectors": sectors,
        "organisations": [*_organisations(sectors, found)],
        "never_reached": [*_never_reached(db)],
        "sessions": _sessions(db, period, programme) if period else [],
        "meetings": {"cross_sector": found.get(ALL_SECTORS, {}).get("pairs", 0), "rounded_to": 10},
    }


def _period(db: OrmSession, first: date | None, last: date | None, programme: str | None) -> str | None:
    """Return the period to answer for; None where no session ended in the one that is asked for."""
    if first is None and last is None:
        return ALL
    ended = select(Session.ends_at).where(Session.ends_at.is_not(None))
    if first:
        ended = ended.where(Session.ends_at >= _midnight(first))
    if last and last < date.max:
        ended = ended.where(Session.ends_at < _midnight(last + timedelta(days=1)))
    if programme:
        ended = ended.where(Session.programme == programme)
    quarters = {quarter_of(at) for at in db.scalars(ended) if at is not None}
    return around(quarters) if quarters else None


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), CITY).astimezone(UTC)


def _figures(db: OrmSession, period: str, programme: str) -> dict[str, dict[str, Any]]:
    here = select(ReachFigures.sector, ReachFigures.figures)
    here = here.where(ReachFigures.period == period, ReachFigures.programme == programme)
    return dict(db.execute(here).all())


def _sector(sector: Sector, figures: dict[str, Any]) -> dict[str, Any]:
    shown = {name: figures.get(name, none) for name, none in NONE.items()}
    return {
        "sector": sector.code,
        "name": sector.name,
        "workforce": sector.workforce,
        "share": _share(shown["people"], sector.workforce),
        **shown,
        "attended": shown["people"],
    }


def _share(people: Any, workforce: int | None) -> float | None:
    return round(people / workforce, 4) if isinstance(people, int) and workforce else None


def _total(sectors: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """Add up what is shown, and nothing else: what follows from the sectors tells nothing that they do not."""
    rows = [row for row in sectors if isinstance(row["people"], int)]
    names = ("people", "attended", "new", "returning", "booked")
    total: dict[str, Any] = {name: _added([row[name] for row in rows]) for name in names}
    known = [row for row in rows if row["share"] is not None]
    total["organisations"] = sum(row["organisations"] or 0 for row in rows)
    total["workforce"] = sum(row["workforce"] for row in known) or None
    return {**total, "share": _share(_added([row["people"] for row in known]), total["workforce"])}


def _added(figures: list[Any]) -> int | str | None:
    """Add up figures; None where one of them is not shown, as the sum would be too small beside the others."""
    if not figures or all(figure == FEW for figure in figures):
        return FEW
    return sum(figures) if all(isinstance(figure, int) for figure in figures) else None


def _organisations(sectors: Iterable[dict[str, Any]], found: dict[str, dict[str, Any]]) -> Iterable[dict[str, Any]]:
    for sector in sectors:
        for name, people in found.get(sector["sector"] or "", {}).get("named", []):
            yield {"organisation": name or None, "sector": sector["sector"], "people": people}


def _never_reached(db: OrmSession) -> Iterable[dict[str, Any]]:
    for sector, figures in sorted(_figures(db, ALL, "").items()):
        for name in figures.get("never_reached", []):
            yield {"organisation": name, "sector": sector or None}


def _sessions(db: OrmSession, period: str, programme: str | None) -> list[dict[str, Any]]:
    """Return how many sectors were in the room of the latest sessions of a period."""
    rooms = select(Session.slug, Session.title, Session.ends_at, ReachRoom.people, ReachRoom.sectors)
    rooms = rooms.join(ReachRoom, ReachRoom.session == Session.slug).where(ReachRoom.people > 0, *_ended_in(period))
    if programme:
        rooms = rooms.where(Session.programme == programme)
    latest = rooms.order_by(Session.ends_at.desc(), Session.slug).limit(MOST_SESSIONS)
    return [
        {
            "session": slug,
            "title": title,
            "ended_at": ends_at,
            "sectors_in_room": sectors if people >= FEWEST else FEW,
        }
        for slug, title, ends_at, people, sectors in db.execute(latest)
    ]


def _ended_in(period: str) -> list[ColumnElement[bool]]:
    days = days_of(period)
    if days is None:
        return []
    return [Session.ends_at >= _midnight(days[0]), Session.ends_at < _midnight(days[1] + timedelta(days=1))]
