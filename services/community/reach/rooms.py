"""Counts each session by itself, once it is over or it is recorded who came: what answers add up.

A session is counted again when there is a mark on it. Who came is kept as numbers of `reach_who`, four bytes each, so
that a million of them are read and joined in a fraction of a second.
"""

import uuid
from array import array
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from itertools import combinations
from typing import Any

from sqlalchemy import Row, bindparam, delete, func, insert, or_, select, true, update
from sqlalchemy.orm import Session as OrmSession

from services.community.acquaintance import gatherings_in, met_before
from services.community.models import (
    Booking,
    Employment,
    Reached,
    ReachMade,
    ReachMark,
    ReachPlaces,
    ReachRoom,
    ReachWho,
    Session,
)
from services.community.reach.facts import ALL_SECTORS, worked
from services.runtime.dialects import Moment

AT_ONCE = 20  # sessions that are counted in one transaction
MAKING = "*making"  # the row of reach_made that is locked
NUMBERS = "I"  # of array: four bytes each
WAITING = ("waiting", "offered")  # the states of a booking that never became a place
PLACES = ("booked", "attended", "absent", "minutes", "waiting")  # the columns of ReachPlaces

# The earliest first: a session changes who met for the first time in the later ones.
MARKED = (
    select(ReachMark.session)
    .outerjoin(Session, Session.slug == ReachMark.session)
    .group_by(ReachMark.session)
    .order_by(func.min(Session.ends_at), ReachMark.session)
    .limit(AT_ONCE)
)
ENDED = (
    select(Session.slug)
    .outerjoin(ReachRoom, ReachRoom.session == Session.slug)
    .where(Session.ends_at <= bindparam("now", type_=Moment), or_(ReachRoom.session.is_(None), ~ReachRoom.over))
    .order_by(Session.ends_at)
    .limit(AT_ONCE)
)
ROWS = select(Reached.__table__).where(Reached.session == bindparam("session"))

Begin = Callable[[], AbstractContextManager[OrmSession]]


def make_next(begin: Begin, now: Callable[[], datetime]) -> bool:
    """Count some of the sessions that are out of date; return whether there were any."""
    with begin() as db:
        _lock(db, now())
        made = db.get(ReachMade, ALL_SECTORS)
        version = made.version + 1 if made else 1
        marked = db.scalars(MARKED).all() or db.scalars(ENDED, {"now": now()}).all()
        for session in marked:
            db.execute(delete(ReachMark).where(ReachMark.session == session))
            make_room(db, session, now())
        db.execute(delete(ReachMark).where(ReachMark.session.is_(None)))  # of a release before
        if marked:
            made = db.merge(ReachMade(sector=ALL_SECTORS, made_at=now(), version=version))
        if made and (marked or not made.version):
            _number(db, made, version, marked)
        return bool(marked)


def _number(db: OrmSession, made: ReachMade, version: int, counted: Sequence[str | None]) -> None:
    """Say of all that has changed that it is of this count; at the start of a numbering, of all that is there.

    What an erasure holds just now is left to the next count.
    """
    made.version = version
    if version == 1:
        made.numbering = str(uuid.uuid4())
    again = or_(ReachRoom.version.is_(None), ReachRoom.session.in_(counted))
    db.execute(update(ReachRoom).where(true() if version == 1 else again).values(version=version))
    free = select(ReachWho.id).where(true() if version == 1 else ReachWho.version.is_(None))
    db.execute(update(ReachWho).where(ReachWho.id.in_(free.with_for_update(skip_locked=True))).values(version=version))


def make_room(db: OrmSession, session: str | None, now: datetime) -> None:
    """Count who had a place in a session, who came and who met. What people who were erased did stays counted."""
    told = db.get(Session, session) if session else None
    if session is None or told is None or told.ends_at is None:
        return
    over = told.ends_at <= now
    rows = db.execute(ROWS, {"session": session}).all()
    counted = [row for row in _once(rows) if over or row.attended]
    known = db.get(ReachRoom, session)
    came = [row for row in counted if row.attended]
    if known is None and not over and not came:
        return
    room = known or ReachRoom(session=session, pairs=[], first_meetings=0)
    before = room.pairs, room.came
    room.people, room.sectors = len(came), len({row.sector for row in came if row.sector})
    room.over = over
    _keep_places(db, session, _counts(counted, _waiting(db, told) if over else []))
    room.came = array(NUMBERS, sorted(_numbers(db, came))).tobytes()
    if not room.pairs or all(row.booking is not None for row in came):
        _make_pairs(db, room, {row.person: row.sector for row in came if row.sector})
    db.add(room)
    db.flush()
    if before != (room.pairs, room.came):
        _mark_later(db, told, [row.person for row in came])


def _once(rows: Iterable[Row[Any]]) -> list[Row[Any]]:
    """Return one place for each person: where there are several, the one that they came by."""
    places: dict[str, Row[Any]] = {}
    for row in sorted(rows, key=lambda row: (row.attended, row.absent, row.id)):
        places[row.person] = row
    return list(places.values())


def _counts(rows: Iterable[Row[Any]], waiting: Iterable[str]) -> dict[str, list[int]]:
    """Return, by sector, the numbers that PLACES names; `waiting` has the sector of each who waited."""
    counts: dict[str, list[int]] = defaultdict(lambda: [0] * len(PLACES))
    for row in rows:
        for n, more in enumerate((1, row.attended, row.absent, row.minutes if row.attended else 0)):
            counts[row.sector][n] += int(more)
    for sector in waiting:
        counts[sector][PLACES.index("waiting")] += 1
    return dict(counts)


def _keep_places(db: OrmSession, session: str, counts: dict[str, list[int]]) -> None:
    db.execute(delete(ReachPlaces).where(ReachPlaces.session == session))
    rows = [{"session": session, "sector": sector, **dict(zip(PLACES, counted, strict=True))}
            for sector, counted in counts.items()]  # fmt: skip
    if rows:
        db.execute(insert(ReachPlaces), rows)


def _waiting(db: OrmSession, session: Session) -> list[str]:
    """Return the sectors of those who were still on the waiting list: someone who had another place is none of them."""
    had = select(Reached.person).where(Reached.session == session.slug)
    waited = select(Booking.person).distinct().where(
        Booking.session == session.slug, Booking.state.in_(WAITING), Booking.person.not_in(had)
    )  # fmt: skip
    jobs: dict[str, list[Employment]] = {person: [] for person in db.scalars(waited)}
    of_them = select(Employment).where(Employment.person.in_(waited)).order_by(Employment.since, Employment.id)
    for job in db.scalars(of_them):
        jobs[job.person].append(job)
    return [worked(theirs, session.begins_at)[0] for theirs in jobs.values()]


def _numbers(db: OrmSession, rows: Iterable[Row[Any]]) -> list[int]:
    """Return the number of each person with where they worked then, and give those a number that have none."""
    wanted = {(row.person, row.sector, row.organisation) for row in rows}
    people = {person for person, _, _ in wanted}
    told = select(ReachWho.id, ReachWho.person, ReachWho.sector, ReachWho.organisation)
    known: dict[tuple[Any, ...], int] = {}
    for number, *who in db.execute(told.where(ReachWho.person.in_(people)).order_by(ReachWho.id)):
        known.setdefault(tuple(who), number)
    new = [ReachWho(person=person, sector=sector, organisation=name) for person, sector, name in wanted - known.keys()]
    db.add_all(new)
    db.flush()
    return [known[who] for who in wanted if who in known] + [row.id for row in new]


def _make_pairs(db: OrmSession, room: ReachRoom, sector_of: dict[str, str]) -> None:
    """Count the pairs from different sectors who met, by their sectors, and how many had not met before."""
    together = [sorted(gathered & sector_of.keys()) for gathered in gatherings_in(db, room.session)]
    met = {pair for people in together for pair in combinations(people, 2) if sector_of[pair[0]] != sector_of[pair[1]]}
    counted = Counter(tuple(sorted((sector_of[a], sector_of[b]))) for a, b in met)
    room.pairs = [{"sectors": list(both), "pairs": pairs} for both, pairs in sorted(counted.items())]
    there = {person for pair in met for person in pair}
    room.first_meetings = len(met - met_before(db, there, room.session)) if met else 0


def _mark_later(db: OrmSession, session: Session, people: list[str]) -> None:
    """Have the later sessions of these people counted again: some may have met here first."""
    later = select(Reached.session).distinct().join(Session, Session.slug == Reached.session)
    later = later.join(ReachRoom, ReachRoom.session == Session.slug)
    later = later.where(Reached.person.in_(people), Reached.attended, Session.ends_at > session.ends_at)
    later = later.where(ReachRoom.came.is_not(None))
    if sessions := db.scalars(later).all():
        db.execute(insert(ReachMark), [{"sector": ALL_SECTORS, "session": slug} for slug in sessions])


def _lock(db: OrmSession, now: datetime) -> None:
    """Have other processes wait: two that count the same session would write over one another."""
    if db.get(ReachMade, MAKING, with_for_update=True) is None:
        db.add(ReachMade(sector=MAKING, made_at=now, version=0))
        db.flush()
