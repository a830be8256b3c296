"""Gathers what there is to count of a sector, some rows at a time, so that calls are answered in between."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session as OrmSession

from services.community.models import Person, Reached, Session
from services.community.reach.counts import Gathered
from services.community.reach.periods import quarter_of

AT_ONCE = 1000  # rows: other calls wait no longer than reading these takes

Begin = Callable[[], AbstractContextManager[OrmSession]]


class SomebodyWasErased(Exception):
    """They got another key while rows were read, and may count as two people."""


class Gathering:
    """What is gathered of a sector, in one short transaction after the other."""

    def __init__(self, db: OrmSession, sector: str, now: datetime) -> None:
        told = db.execute(select(Session.slug, Session.programme, Session.ends_at)).all()
        ended = [(slug, quarter_of(at), programme, at <= now) for slug, programme, at in told if at is not None]
        self.session_of = {slug: n for n, (slug, *_) in enumerate(ended)}
        self.sector = sector
        named = db.scalars(select(Person.organisation).where(Person.sector == sector, ~Person.erased).distinct())
        sessions = [(quarter, programme, over) for _, quarter, programme, over in ended]
        self.gathered = Gathered(sessions=sessions, known=sorted(name for name in named if name))
        self.looked_at = 0  # rows
        self._person: dict[str, int] = {}
        self._last = 0
        self._erased = _erased(db)

    def whole(self, begin: Begin) -> Iterator[Gathered]:
        """Read all rows, and yield some of them at a time. Raises SomebodyWasErased."""
        while True:
            with begin() as db:
                some = self._read(db)
                if some is None and _erased(db) != self._erased:
                    raise SomebodyWasErased
            if some is None:
                return
            yield some

    def _read(self, db: OrmSession) -> Gathered | None:
        """Read the next rows; None where there are no more."""
        rows = select(Reached.id, Reached.person, Reached.session, Reached.organisation, Reached.attended)
        rows = rows.where(Reached.sector == self.sector, Reached.id > self._last).order_by(Reached.id).limit(AT_ONCE)
        found = db.execute(rows).all()
        if not found:
            return None
        self._last = found[-1].id
        self.looked_at += len(found)
        before = len(self._person)
        some = Gathered(sessions=[], known=[])
        for _, person, session, organisation, attended in found:
            number = self._person.setdefault(person, len(self._person))
            if session in self.session_of:
                some.rows.append((number, self.session_of[session], organisation, attended))
        some.elsewhere += self._elsewhere(db, list(self._person)[before:])
        return some

    def _elsewhere(self, db: OrmSession, people: list[str]) -> Iterator[tuple[int, int]]:
        """Yield the sessions that people came to who worked in another sector then."""
        came = select(Reached.person, Reached.session).where(Reached.attended, Reached.sector != self.sector)
        for person, session in db.execute(came.where(Reached.person.in_(people))):
            if session in self.session_of:
                yield self._person[person], self.session_of[session]


def _erased(db: OrmSession) -> int:
    return db.scalar(select(func.count()).select_from(Person).where(Person.erased)) or 0
