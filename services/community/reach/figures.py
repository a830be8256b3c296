"""Makes the figures of a sector that may be shown, and keeps nothing else: what is hidden is not in the table.

A sector is made anew when there is a mark on it, though not again before a while that grows with its size.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import combinations
from typing import Any

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session as OrmSession

from services.bus.outbox import nudge
from services.community.acquaintance import gatherings_in
from services.community.models import Reached, ReachFigures, ReachMade, ReachMark, ReachRoom, Session
from services.community.reach import counts, facts
from services.community.reach.counts import Counted, Slice
from services.community.reach.disclosure import DEAR, Table
from services.community.reach.periods import ALL, parent_of, quarter_of, year_of
from services.community.reach.tables import FEWEST, Cell, Holds, Shown, Sum

ALL_SECTORS = "*"  # stands for what is made of all sectors together
ROWS_A_SECOND = 1000  # a sector of so many rows is made at most every second, one of ten times as many every ten
NOTHING_SHOWN = None
FEW = f"<{FEWEST}"
WORTH = {"people": 1000, "organisation": 500, "booked": 300, "new": 200, "returning": 100}


def make_one(db: OrmSession, now: datetime) -> bool:
    """Make what is out of date of one sector; return whether there was one whose turn it was."""
    _mark_ended(db, now)
    sector = _next(db, now)
    if sector is None:
        return False
    here = ReachMark.sector == sector
    marked = db.scalars(delete(ReachMark).where(here).returning(ReachMark.session)).all()
    if sector == ALL_SECTORS:
        _make_meetings(db)
        _note(db, ALL_SECTORS, now, 0)
    else:
        for session in sorted({session for session in marked if session is not None}):
            _make_room(db, session)
        make(db, sector, now)
        db.execute(insert(ReachMark).values(sector=ALL_SECTORS))
    nudge(db, facts.TIMER)
    return True


def make_all(db: OrmSession, now: datetime) -> None:
    """Make everything, whatever its marks."""
    db.flush()
    for kept in (ReachMark, ReachFigures, ReachMade):
        db.execute(delete(kept))
    for session in db.scalars(select(Reached.session).distinct()).all():
        _make_room(db, session)
    for sector in db.scalars(select(Reached.sector).distinct()).all():
        make(db, sector, now)
    _make_meetings(db)
    _note(db, ALL_SECTORS, now, 0)


def make(db: OrmSession, sector: str, now: datetime) -> None:
    """Count a sector, hide what must be hidden, and keep the rest in place of what was shown before."""
    counted = counts.count(db, sector, now)
    rows = [
        {"period": period, "programme": programme, "sector": sector, "figures": figures}
        for (period, programme), figures in _shown(counted)
    ]
    db.execute(delete(ReachFigures).where(ReachFigures.sector == sector))
    db.execute(insert(ReachFigures), rows)
    _note(db, sector, now, counted.rows)


def _shown(counted: Counted) -> Iterator[tuple[Slice, dict[str, Any]]]:
    """Yield what may be shown of each slice."""
    table = table_of(counted)
    shown = table.protect()

    def of(cell: Cell) -> int | str | None:
        how = shown.get(cell, Shown.UNDER_FIVE)
        return (
            table.figures[table.name(cell)] if how is Shown.EXACT else FEW if how is Shown.UNDER_FIVE else NOTHING_SHOWN
        )

    named: dict[str, list[str]] = {}
    for period, name in sorted(counted.organisations):
        named.setdefault(period, []).append(name)
    for period, programme in {(ALL, ""), *counted.booked}:
        people = of(("people", period, programme))
        figures: dict[str, Any] = {"people": people, "booked": of(("booked", period, programme))}
        for name in ("new", "returning"):
            figures[name] = of((name, period, programme)) if isinstance(people, int) else people
        reached = len(counted.reached[period, programme])
        figures["organisations"] = reached if isinstance(people, int) else None
        if not programme:
            figures["named"] = [[name, of(("organisation", period, name))] for name in named.get(period, [])]
        if (period, programme) == (ALL, ""):
            figures["never_reached"] = counted.never
        yield (period, programme), figures


def table_of(counted: Counted) -> Table:
    """Return the figures of a sector with all that follows from one another among them."""
    figures: dict[Cell, int] = {}
    for period, programme in counted.booked:
        here = (period, programme)
        people, new = len(counted.came.get(here, ())), len(counted.new.get(here, ()))
        figures["people", *here], figures["booked", *here] = people, len(counted.booked[here])
        figures["new", *here], figures["returning", *here] = new, people - new
    for (period, name), people_of in counted.organisations.items():
        figures["organisation", period, name] = len(people_of)
    figures = {cell: number for cell, number in figures.items() if number}
    return Table(figures, {cell: _worth(*cell) for cell in figures}, _sums(figures))  # type: ignore[misc]


def _worth(kind: str, period: str, of: str) -> int:
    if (kind, period, of) == ("people", ALL, ""):
        return DEAR
    wide = 3 if period == ALL else 1 if "-" in period else 2
    return WORTH[kind] + 10 * wide + (50 if not of else 0)


def _sums(figures: Iterable[Any]) -> Iterator[Sum]:
    parts: dict[tuple[Cell, Holds], list[Cell]] = {}
    for kind, period, of in figures:
        here = (kind, period, of)
        if kind in ("new", "returning"):
            parts.setdefault((("people", period, of), Holds.EXACTLY), []).append(here)
        if kind == "people":
            parts.setdefault((("booked", period, of), Holds.AT_MOST), []).append(here)
        if kind == "organisation":
            parts.setdefault((("people", period, ""), Holds.AT_LEAST), []).append(here)
        if of and kind != "organisation":
            parts.setdefault(((kind, period, ""), Holds.AT_LEAST), []).append(here)
        if (wider := parent_of(period)) and kind != "returning":
            holds = Holds.AT_MOST if kind == "new" else Holds.AT_LEAST
            parts.setdefault(((kind, wider, of), holds), []).append(here)
    # programmes, organisations and shorter periods each cover the whole by themselves
    for (whole, holds), cells in parts.items():
        groups: dict[object, list[Cell]] = {}
        for cell in cells:
            kind, period, of = cell  # type: ignore[misc]
            groups.setdefault((kind == "organisation", period == whole[1]), []).append(cell)  # type: ignore[index]
        for group in groups.values():
            yield Sum(whole, tuple(group), holds)


def _note(db: OrmSession, sector: str, now: datetime, rows: int) -> None:
    db.merge(ReachMade(sector=sector, made_at=now, rows=rows))
    db.flush()


def _next(db: OrmSession, now: datetime) -> str | None:
    """Return a sector that is out of date and has not been made lately; what is made of all of them comes last."""
    made = {row.sector: row for row in db.scalars(select(ReachMade))}
    marked = sorted(db.scalars(select(ReachMark.sector).distinct()), key=lambda sector: (sector == ALL_SECTORS, sector))
    for sector in marked:
        last = made.get(sector)
        if last is None or last.made_at + timedelta(seconds=last.rows // ROWS_A_SECOND) <= now:
            return sector
    return None


def _mark_ended(db: OrmSession, now: datetime) -> None:
    """Mark the sectors of whoever had a place in a session that has ended since this was last looked for."""
    looked = db.get(ReachMade, "*ended")
    ended = select(Reached.sector).distinct().join(Session, Session.slug == Reached.session)
    ended = ended.where(Session.ends_at <= now)
    if looked is not None:
        ended = ended.where(Session.ends_at > looked.made_at)
    if sectors := db.scalars(ended).all():
        db.execute(insert(ReachMark), [{"sector": sector, "session": None} for sector in sectors])
    _note(db, "*ended", now, 0)


def _make_room(db: OrmSession, session: str) -> None:
    """Count who was together in a session. The pairs of whoever was erased meanwhile stay as they were counted."""
    came = select(Reached.person, Reached.sector, Reached.booking).where(Reached.session == session, Reached.attended)
    rows = db.execute(came).all()
    room = db.get(ReachRoom, session) or ReachRoom(session=session, pairs=[])
    room.people, room.sectors = len(rows), len({row.sector for row in rows if row.sector})
    if not room.pairs or all(row.booking is not None for row in rows):
        room.pairs = _pairs(gatherings_in(db, session), {row.person: row.sector for row in rows if row.sector})
    db.add(room)
    db.flush()


def _pairs(gatherings: Iterable[set[str]], sector_of: dict[str, str]) -> list[dict[str, Any]]:
    """Count the pairs of people from different sectors who met, each pair once, by their two sectors."""
    together = [sorted(gathered & sector_of.keys()) for gathered in gatherings]
    met = {pair for people in together for pair in combinations(people, 2)}
    counted = Counter(tuple(sorted((sector_of[a], sector_of[b]))) for a, b in met if sector_of[a] != sector_of[b])
    return [{"sectors": list(both), "pairs": pairs} for both, pairs in sorted(counted.items())]


def _make_meetings(db: OrmSession) -> None:
    """Add up the pairs of each quarter and programme whose two sectors are both shown there, and the wider slices.

    As only figures of people are multiplied that are shown, they can be divided again without harm.
    """
    people = select(ReachFigures.period, ReachFigures.programme, ReachFigures.sector, ReachFigures.figures)
    quarters = people.where(ReachFigures.period.like("%-%"), ReachFigures.programme != "")
    shown = {(p, g, s) for p, g, s, figures in db.execute(quarters) if isinstance(figures["people"], int)}
    pairs: Counter[Slice] = Counter()
    rooms = select(Session.programme, Session.ends_at, ReachRoom.pairs).join(Session, Session.slug == ReachRoom.session)
    for programme, ends_at, counted in db.execute(rooms.where(Session.ends_at.is_not(None))):
        assert ends_at is not None  # by the query
        quarter = quarter_of(ends_at)
        both_shown = (
            both["pairs"] for both in counted if all((quarter, programme, one) in shown for one in both["sectors"])
        )
        pairs[quarter, programme] += sum(both_shown)
    wide: Counter[Slice] = Counter()
    for (quarter, programme), number in pairs.items():
        rounded = round(number, -1)
        for period in (quarter, year_of(quarter), ALL):
            wide[period, ""] += rounded
            wide[period, programme] += rounded
    db.execute(delete(ReachFigures).where(ReachFigures.sector == ALL_SECTORS))
    made = [
        {"period": period, "programme": programme, "sector": ALL_SECTORS, "figures": {"pairs": number}}
        for (period, programme), number in wide.items()
        if number
    ]
    if made:
        db.execute(insert(ReachFigures), made)
