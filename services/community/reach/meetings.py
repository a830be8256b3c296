"""Who was together in a session, across sectors: counted by session, and added up where both sectors are shown."""

from collections import Counter
from collections.abc import Iterable
from itertools import combinations
from typing import Any

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session as OrmSession

from services.community.acquaintance import gatherings_in
from services.community.models import Reached, ReachFigures, ReachRoom, Session
from services.community.reach.counts import Slice
from services.community.reach.facts import ALL_SECTORS
from services.community.reach.periods import ALL, quarter_of, year_of


def make_room(db: OrmSession, session: str) -> None:
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


def make_meetings(db: OrmSession) -> None:
    """Add up the pairs of each quarter and programme whose two sectors are both shown there, and the wider slices.

    As only figures of people are multiplied that are shown, they can be divided again without harm.
    """
    people = select(ReachFigures.period, ReachFigures.programme, ReachFigures.sector, ReachFigures.figures)
    people = people.where(ReachFigures.sector != ALL_SECTORS)  # what is made here is of pairs
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
        rounded = number // 10 * 10  # down: it is said to be at least so many
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
