"""Who has met whom: who shared a table, or, in a session without tables, a meeting of it.

Nothing is kept of it by itself: it follows from who was where and who sat where, so a correction of the attendance
changes it, a new employer does not, and erasure takes it along. See docs/decisions/0009-who-has-met.md.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from itertools import combinations
from typing import Any

from sqlalchemy import Select, and_, exists, func, literal, or_, select
from sqlalchemy.orm import Session as OrmSession
from sqlalchemy.orm import aliased

from services.community.models import Booking, Plan, Presence, Seat, Session

MOST_IN_A_ROOM = 100  # in a larger meeting without tables, being there is not meeting

Gathering = tuple[str, int, int]  # a session, its meeting or round, and the table (0 where there are none)


def have_met(db: OrmSession, people: Collection[str], besides: str | None = None) -> set[tuple[str, str]]:
    """Return the pairs among `people` who have met, each as `(a, b)` with `a < b`.

    The session `besides` does not count: whoever draws up its tables asks who has met elsewhere.
    """
    pairs: set[tuple[str, str]] = set()
    for (session, _, _), gathered in _gatherings(db, people).items():
        if session == besides:
            continue
        ordered = sorted(gathered)
        pairs.update((a, b) for n, a in enumerate(ordered) for b in ordered[n + 1 :])
    return pairs


def met_before(db: OrmSession, people: Collection[str], session: str) -> set[tuple[str, str]]:
    """Return the pairs among `people` who met in a session that ended before this one, each `(a, b)` with `a < b`."""
    ends_at = select(Session.ends_at).where(Session.slug == session).scalar_subquery()
    order = or_(Session.ends_at < ends_at, and_(Session.ends_at == ends_at, Session.slug < session))
    earlier = select(Session.slug).where(order)
    rooms = db.execute(_in_rooms().where(Presence.person.in_(people), Presence.session.in_(earlier)))
    tables = db.execute(_at_tables().where(Seat.person.in_(people), Plan.session.in_(earlier)))
    gathered = _grouped([*rooms, *tables]).values()
    return {pair for together in gathered for pair in combinations(sorted(together), 2)}


def met_by(db: OrmSession, person: str) -> dict[str, set[str]]:
    """Return whom a person has met, and in which sessions, as slugs."""
    met: dict[str, set[str]] = defaultdict(set)
    for (session, _, _), gathered in _of(db, person).items():
        for other in gathered - {person}:
            met[other].add(session)
    return dict(met)


def gatherings_in(db: OrmSession, session: str) -> list[set[str]]:
    """Return who met whom in a session: each set is a table, or a meeting without tables."""
    rooms = db.execute(_in_rooms().where(Presence.session == session))
    tables = db.execute(_at_tables().where(Plan.session == session))
    return list(_grouped([*rooms, *tables]).values())


def _gatherings(db: OrmSession, people: Collection[str]) -> Mapping[Gathering, set[str]]:
    rooms = db.execute(_in_rooms().where(Presence.person.in_(people)))
    tables = db.execute(_at_tables().where(Seat.person.in_(people)))
    return _grouped([*rooms, *tables])


def _of(db: OrmSession, person: str) -> Mapping[Gathering, set[str]]:
    """Return the gatherings that `person` was in, with everybody who was."""
    mine, my_seat = aliased(Presence), aliased(Seat)
    beside = and_(mine.session == Presence.session, mine.meeting == Presence.meeting, mine.person == person)
    at_table = and_(
        my_seat.plan == Seat.plan, my_seat.round == Seat.round, my_seat.table == Seat.table, my_seat.person == person
    )
    rooms = db.execute(_in_rooms().join(mine, beside))
    tables = db.execute(_at_tables().join(my_seat, at_table))
    found = _grouped([*rooms, *tables])
    return {where: gathered for where, gathered in found.items() if person in gathered}


def _grouped(rows: Iterable[Any]) -> Mapping[Gathering, set[str]]:
    found: dict[Gathering, set[str]] = defaultdict(set)
    for session, part, table, person in rows:
        found[session, part, table].add(person)
    return found


def _in_rooms() -> Select[str, int, int, str]:
    """Return the query of who was at which meeting, of sessions that had no tables and rooms that were not too full."""
    tables = exists().where(Plan.session == Presence.session, Plan.status == "published")
    others = aliased(Presence)
    crowd = select(func.count()).where(others.session == Presence.session, others.meeting == Presence.meeting)
    query = select(Presence.session, Presence.meeting, literal(0), Presence.person)
    return query.where(~tables, crowd.scalar_subquery() <= MOST_IN_A_ROOM)


def _at_tables() -> Select[str, int, int, str]:
    """Return the query of who sat where, of those who came, and not online where the tables were in the room."""
    came = exists().where(Presence.session == Plan.session, Presence.person == Seat.person)
    online = exists().where(Booking.reference == Seat.reference, Booking.mode == "online")
    query = select(Plan.session, Seat.round, Seat.table, Seat.person).join(Plan, Plan.id == Seat.plan)
    query = query.join(Session, Session.slug == Plan.session)
    return query.where(Plan.status == "published", came, or_(Session.delivery == "virtual", ~online))
