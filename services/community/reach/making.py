"""Makes the figures of one sector after the other, and keeps nothing else: what is hidden is not in the table.

A sector is made anew when there is a mark on it, though not again before a while that grows with its size. No
transaction is open while it is worked out, and where there are many rows that is done in a process of its own.
"""

import json
import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session as OrmSession

from services.bus.outbox import wake
from services.community.models import Reached, ReachFigures, ReachMade, ReachMark, Session
from services.community.reach import facts
from services.community.reach.counts import Gathered, joined
from services.community.reach.facts import ALL_SECTORS
from services.community.reach.figures import shown
from services.community.reach.gathering import Begin, Gathering, SomebodyWasErased
from services.community.reach.meetings import make_meetings, make_room
from services.community.worker_process import LONGEST, NotDone, have_done

log = logging.getLogger(__name__)

ROWS_A_SECOND = 1000  # a sector of so many rows is made at most every second, one of ten times as many every ten
ROOMS_AT_ONCE = 20  # sessions whose pairs are counted in one transaction
FEW_ROWS = 200  # so many are worked out here: another process would take longer to begin
LEASE = timedelta(seconds=LONGEST + 60)  # after which another process takes over
PUT_OFF = 60 * ROWS_A_SECOND  # rows that a sector counts as that failed: others have their turn meanwhile
MAKING, ENDED = "*making", "*ended"  # names beside those of sectors: since when one is made, and when sessions ended

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)

Rows = list[tuple[str, str, dict[str, Any]]]
Show = Callable[[list[Gathered]], Rows]


def make_next(begin: Begin, show: Show, now: Callable[[], datetime]) -> bool:
    """Make what is out of date of one sector; return whether there was one whose turn it was."""
    with begin() as db:
        taken = _take(db, now())
    if not isinstance(taken, tuple):
        return taken
    mark, gathering = taken
    try:
        rows = show(_gathered(begin, gathering))
    except SomebodyWasErased:
        rows = None
    except NotDone:
        log.exception("the figures of sector %r were not made", gathering.sector)
        with begin() as db:
            _release(db)
            _note(db, gathering.sector, now(), PUT_OFF)
        return True
    with begin() as db:
        _release(db)
        if rows is not None:
            db.execute(delete(ReachMark).where(ReachMark.id == mark))
            _keep(db, gathering.sector, rows, now(), gathering.looked_at)
            db.execute(insert(ReachMark).values(sector=ALL_SECTORS))
    return True


def make_all(begin: Begin, now: datetime) -> None:
    """Make everything, whatever its marks."""
    with begin() as db:
        db.flush()
        for kept in (ReachMark, ReachFigures, ReachMade):
            db.execute(delete(kept))
        for session in db.scalars(select(Reached.session).distinct()).all():
            make_room(db, session)
        sectors = db.scalars(select(Reached.sector).distinct()).all()
    for sector in sectors:
        make(begin, sector, now, show_here)
    with begin() as db:
        make_meetings(db)
        _note(db, ALL_SECTORS, now, 0)


def make(begin: Begin, sector: str, now: datetime, show: Show) -> None:
    """Make the figures of a sector. Raises SomebodyWasErased, and NotDone."""
    with begin() as db:
        gathering = Gathering(db, sector, now)
    rows = show(_gathered(begin, gathering))
    with begin() as db:
        _keep(db, sector, rows, now, gathering.looked_at)


def show_here(parts: list[Gathered]) -> Rows:
    """Work out what may be shown, in this process."""
    return shown(joined(parts))


def show_apart(parts: list[Gathered]) -> Rows:
    """Have another process work it out where there is much to do, and wait for it. Raises NotDone."""
    if sum(len(part.rows) for part in parts) < FEW_ROWS:
        return show_here(parts)
    lines = []
    for part in parts:
        lines.append(json.dumps(part.__dict__))
        time.sleep(0)  # let calls have their turn
    made = have_done("services.community.reach.process", "\n".join(lines))
    return [(period, programme, figures) for period, programme, figures in made]


def _gathered(begin: Begin, gathering: Gathering) -> list[Gathered]:
    parts = [gathering.gathered]
    for part in gathering.whole(begin):
        parts.append(part)
        time.sleep(0)  # let calls have their turn
    return parts


def _take(db: OrmSession, now: datetime) -> tuple[int, Gathering] | bool:
    """Take on what is out of date of a sector, with the mark that stays until it is made.

    What is short is done here at once: true. So is false where there is nothing to do, or another process is at it.
    """
    if _is_being_made(db, now):
        return False
    _mark_ended(db, now)
    sector = _next(db, now)
    if sector is None:
        return False
    here = ReachMark.sector == sector
    marked = db.scalars(delete(ReachMark).where(here).returning(ReachMark.session)).all()
    sessions = sorted({session for session in marked if session is not None})
    for session in sessions[:ROOMS_AT_ONCE]:
        make_room(db, session)
    if more := [{"sector": sector, "session": session} for session in sessions[ROOMS_AT_ONCE:]]:
        db.execute(insert(ReachMark), more)
        return True
    if sector == ALL_SECTORS:
        make_meetings(db)
        _note(db, ALL_SECTORS, now, 0)
        return True
    mark = ReachMark(sector=sector)
    db.add(mark)
    _note(db, MAKING, now, 0)
    return mark.id, Gathering(db, sector, now)


def _is_being_made(db: OrmSession, now: datetime) -> bool:
    """Tell whether another process is at it. The row is locked, so that two do not begin at once."""
    taken = db.get(ReachMade, MAKING, with_for_update=True)
    return taken is not None and taken.made_at > now - LEASE


def _release(db: OrmSession) -> None:
    """Let others be made, in whatever process."""
    db.get_one(ReachMade, MAKING, with_for_update=True).made_at = LONG_AGO
    wake(db, facts.LOOP)


def _keep(db: OrmSession, sector: str, rows: Rows, now: datetime, counted: int) -> None:
    """Keep what may be shown of a sector in place of what was shown before."""
    kept = [
        {"period": period, "programme": programme, "sector": sector, "figures": figures}
        for period, programme, figures in rows
    ]
    db.execute(delete(ReachFigures).where(ReachFigures.sector == sector))
    db.execute(insert(ReachFigures), kept)
    _note(db, sector, now, counted)


def _note(db: OrmSession, sector: str, now: datetime, rows: int) -> None:
    db.merge(ReachMade(sector=sector, made_at=now, rows=rows))
    db.flush()


def _next(db: OrmSession, now: datetime) -> str | None:
    """Return the sector that is out of date and was made longest ago, if it has not been made lately.

    Each has its turn, however much happens meanwhile; so has what is made of all of them.
    """
    made = {row.sector: row for row in db.scalars(select(ReachMade))}
    marked = db.scalars(select(ReachMark.sector).distinct()).all()

    def turn(sector: str) -> tuple[datetime, bool, str]:
        return made[sector].made_at if sector in made else LONG_AGO, sector == ALL_SECTORS, sector

    for sector in sorted(marked, key=turn):
        last = made.get(sector)
        if last is None or last.made_at + timedelta(seconds=last.rows // ROWS_A_SECOND) <= now:
            return sector
    return None


def _mark_ended(db: OrmSession, now: datetime) -> None:
    """Mark the sectors of whoever had a place in a session that has ended since this was last looked for."""
    looked = db.get(ReachMade, ENDED)
    ended = select(Reached.sector).distinct().join(Session, Session.slug == Reached.session)
    ended = ended.where(Session.ends_at <= now)
    if looked is not None:
        ended = ended.where(Session.ends_at > looked.made_at)
    if sectors := db.scalars(ended).all():
        db.execute(insert(ReachMark), [{"sector": sector, "session": None} for sector in sectors])
    _note(db, ENDED, now, 0)
