"""Keeps in memory what sessions come to, and reads again only what was counted again since.

Each process keeps its own. Before each answer it asks which count is the latest and whether any session waits to be
counted again: what another process has counted, or an event has changed, is in the next answer of all.
"""

import threading
import time
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import ColumnElement, Select, func, or_, select, true
from sqlalchemy.orm import Session as OrmSession

from services.community.models import ReachMade, ReachMark, ReachPlaces, ReachRoom, ReachWho, Session
from services.community.reach.counts import Room, Sessions, Who
from services.community.reach.facts import ALL_SECTORS
from services.community.reach.rooms import PLACES

MOST_ANSWERS = 32  # periods and programmes of which the answer is kept
AT_MOST = 3600.0  # seconds; then everything is read again

# The latest count, with a row for each session that is noted, and how often. Notes of no session are of an old release.
STAND = (
    select(ReachMade.numbering, ReachMade.version, ReachMade.made_at, ReachMark.session, func.count(ReachMark.session))
    .outerjoin(ReachMark, ReachMark.session.is_not(None))
    .where(ReachMade.sector == ALL_SECTORS)
    .group_by(ReachMade.numbering, ReachMade.version, ReachMade.made_at, ReachMark.session)
)
WHO = select(ReachWho.id, ReachWho.person, ReachWho.sector, ReachWho.organisation)
ROOMS = select(ReachRoom.session, ReachRoom.came, ReachRoom.first_meetings, Session.ends_at, Session.programme)
ROOMS = ROOMS.join(Session, Session.slug == ReachRoom.session)
COUNTS: Select[Any] = select(ReachPlaces.session, ReachPlaces.sector, *(getattr(ReachPlaces, name) for name in PLACES))
COUNTS = COUNTS.join(ReachRoom, ReachRoom.session == ReachPlaces.session)


@dataclass(frozen=True)
class Stand:
    """What the latest count is, and how often each session is noted.

    A note goes with the next count only, so of one count there are more and more: two that are equal tell of the same.
    """

    numbering: str | None = None  # None where a release before has counted last, which numbers nothing
    version: int = 0
    made_at: datetime | None = None
    noted: frozenset[tuple[str, int]] = frozenset()


class Kept:
    """What this process knows of one database."""

    def __init__(self) -> None:
        self.turn = threading.Lock()  # nobody reads while another is reading
        self._forget()

    def _forget(self) -> None:
        self.who, self.sessions = Who(), Sessions()
        self._numbering: str | None = None
        self._version = 0
        self._read_at = time.monotonic()
        self._answers = OrderedDict[Any, tuple[Stand, Any]]()

    def answer(self, db: OrmSession, key: Any, make: Callable[[Who, Sessions], Any]) -> Any:
        """Return what was made under this key, if nothing has changed since, or else make it from what is there now."""
        stand = _now(db)
        if (kept := self._answers.get(key)) and kept[0] == stand and self._is_young():
            self._answers.move_to_end(key)
            return kept[1]
        self._read(db, stand)
        made = make(self.who, self.sessions)
        if stand.numbering:
            self._answers[key] = stand, made
            while len(self._answers) > MOST_ANSWERS:
                self._answers.popitem(last=False)
        return made

    def _is_young(self) -> bool:
        return time.monotonic() - self._read_at < AT_MOST

    def _read(self, db: OrmSession, stand: Stand) -> None:
        """Read what has changed since this was read last; all of it where that cannot be known."""
        known = stand.numbering and stand.numbering == self._numbering and self._version <= stand.version
        whole = not (known and self._is_young())
        noted = {slug for slug, _ in stand.noted}
        rooms = true() if whole else or_(_changed(ReachRoom, self._version), ReachRoom.session.in_(noted))
        numbers = true() if whole else _changed(ReachWho, self._version)
        who, told = db.execute(WHO.where(numbers)).all(), dict(_rooms(db, rooms))
        if whole:
            self._forget()
        self.who = self.who.learn((n, person, sector, name) for n, person, sector, name in who)
        for slug, room in told.items():
            self.sessions.learn(slug, room)
        self._numbering, self._version = stand.numbering, stand.version


_kept: WeakKeyDictionary[Any, Kept] = WeakKeyDictionary()


@contextmanager
def of(db: OrmSession) -> Iterator[Kept]:
    """Yield what is kept of this database, while no other uses it."""
    kept = _kept.setdefault(db.connection().engine, Kept())
    with kept.turn:
        yield kept


def _now(db: OrmSession) -> Stand:
    """Return how it stands: asked before what it tells of is read."""
    rows = db.execute(STAND).all()
    if not rows or not rows[0].version:
        return Stand()
    noted = frozenset((row.session, row[-1]) for row in rows if row.session is not None)
    return Stand(rows[0].numbering, rows[0].version, rows[0].made_at, noted)


def _changed(kept: type[ReachRoom] | type[ReachWho], version: int) -> ColumnElement[bool]:
    return or_(kept.version > version, kept.version.is_(None))


def _rooms(db: OrmSession, which: ColumnElement[bool]) -> Iterator[tuple[str, Room | None]]:
    """Yield what sessions come to; None of those that have no end any more."""
    places: dict[str, dict[str, tuple[int, ...]]] = defaultdict(dict)
    rows = db.execute(ROOMS.where(which)).all()
    for slug, sector, *numbers in db.execute(COUNTS.where(which)):
        places[slug][sector] = tuple(numbers)
    for slug, came, first_meetings, ends_at, programme in rows:
        room = Room(ends_at, programme, came or b"", places[slug], first_meetings or 0) if ends_at else None
        yield slug, room
