"""The tables of a session: asked for, changed by hand, brought up to date, and published.

A session has a draft, what people were told, or both. A change of what was published begins a new draft, a copy.
Looking for the seats takes seconds: `making_tables.py` does that beside the calls. See docs/decisions/0013-tables.md.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session as OrmSession

from services.bus.outbox import wake
from services.community.errors import SessionCancelled, SessionFinished, TablesBeingMade
from services.community.events import tables_published
from services.community.models import Booking, Plan, Seat, Session
from services.community.reach import facts
from services.community.seating import CannotBeSeated, Gathering, reseat
from services.community.seating import Plan as Seating
from services.community.seating.checks import check
from services.community.seating.gathering import Round
from services.community.table_people import Guests, check_named, gathering_of, kind_of, seatable
from services.runtime.refusals import Invalid, NotFound, StaleVersion

MOST_PEOPLE = 600
NO_TABLES = "There are no tables for this session yet."
FIELDS = {  # by the reasons of CannotBeSeated
    "nobody-to-seat": "who",
    "too-small": "size",
    "more-tables-than-people": "size",
    "named-twice": "hosts",
    "host-not-there": "hosts",
    "more-hosts-than-tables": "hosts",
    "apart-and-together": "keep_apart",
    "group-larger-than-a-table": "keep_together",
    "hosts-together": "keep_together",
    "more-step-free-needs-than-seats": "step_free",
}


def plan(db: OrmSession, slug: str, now: datetime, size: int, rounds: int, **wishes: Any) -> dict[str, Any]:
    """Have a draft made as it is wanted, in place of the one that there is, and return its state.

    Raises NotFound, Invalid, SessionCancelled, SessionFinished.
    """
    session = _open(db, slug, now)
    guests = seatable(db, session, wishes["who"])
    check_named(guests, wishes, wishes["who"])
    if len(guests) > MOST_PEOPLE:
        raise Invalid.field("who", "too-many-people", max=MOST_PEOPLE)
    check_seatable(gathering_of(db, session, guests, size, rounds, wishes))
    there = found(db, slug, "published")
    draft = found(db, slug, "draft")
    if draft is None:
        draft = Plan(session=slug, status="draft", version=there.version if there else 0)
        db.add(draft)
    draft.version, draft.made_at = draft.version + 1, now
    draft.size, draft.rounds, draft.wishes = size, rounds, wishes
    draft.making, draft.taken_at = "wanted", None
    wake(db, "make_tables")
    return state_of(draft)


def move(
    db: OrmSession,
    slug: str,
    version: int,
    now: datetime,
    reference: str,
    round: int,
    table: int | None = None,
    swap_with: str | None = None,
) -> dict[str, Any]:
    """Seat somebody at another table in a round, or have two exchange their seats; return the state.

    What breaks a wish is done all the same: the tables say so. Raises NotFound, Invalid, StaleVersion, TablesBeingMade,
    SessionCancelled, SessionFinished.
    """
    session = _open(db, slug, now)
    shown = _made(db, slug)
    if shown.version != version:
        raise StaleVersion
    guests = seatable(db, session, hold=True)
    rounds = rounds_of(db, shown)
    if round > len(rounds):
        raise Invalid.field("round", "out-of-range", min=1, max=len(rounds), of="number")
    seats = {one: n for n, seated in enumerate(rounds[round - 1], start=1) for one in seated}
    if reference not in seats and reference not in guests:
        raise Invalid.field("reference", "not-to-be-seated")
    if swap_with is not None:
        if reference not in seats or swap_with not in seats:
            raise Invalid.field("swap_with", "no-seats-to-swap")
        changed = {reference: seats[swap_with], swap_with: seats[reference]}
    else:
        assert table is not None
        if table > len(rounds[round - 1]):
            raise Invalid.field("table", "out-of-range", min=1, max=len(rounds[round - 1]), of="number")
        changed = {reference: table}
    if all(seats.get(one) == to for one, to in changed.items()):
        return state_of(shown)
    draft = _draft_of(db, shown, now)
    for one, to in changed.items():
        _seat(db, draft, round, one, to)
    return _changed(draft, now)


def update(db: OrmSession, slug: str, now: datetime, over: int = 0) -> dict[str, Any]:
    """Seat who has come since and leave out who has gone, with the fewest moves, but for the rounds that are over.

    Where nobody has come or gone, nothing changes. Raises NotFound, Invalid, TablesBeingMade, SessionCancelled,
    SessionFinished.
    """
    session = _open(db, slug, now)
    shown = _made(db, slug)
    guests = seatable(db, session, shown.wishes["who"], hold=True)
    there = rounds_of(db, shown)
    if over >= len(there):
        raise Invalid.field("over", "out-of-range", min=0, max=len(there) - 1, of="number")
    come, gone = come_and_gone(there[over:], guests)
    if not come and not gone:
        return state_of(shown)
    if not guests:
        raise Invalid.field("who", "nobody-left")
    gathering = gathering_of(db, session, guests, shown.size, shown.rounds, shown.wishes)
    arrived = [person for person in gathering.people if person.id in come]
    seated = reseat(Seating(gathering, there), arrived, gone, over)
    draft = _draft_of(db, shown, now)
    keep_seats(db, draft, seated.rounds, people_of(db, session.slug))
    return _changed(draft, now)


def publish(db: OrmSession, slug: str, now: datetime) -> dict[str, Any]:
    """Tell people where they sit, and return the state; where there is no news since, nothing is told.

    Raises NotFound, TablesBeingMade, SessionCancelled, SessionFinished.
    """
    session = _open(db, slug, now)
    draft = _made(db, slug)
    if draft.status == "published":
        return state_of(draft)
    people = people_of(db, slug)
    rounds = rounds_of(db, draft)
    if earlier := found(db, slug, "published"):
        db.execute(delete(Seat).where(Seat.plan == earlier.id))
        db.delete(earlier)
        db.flush()
    draft.status, draft.published_at, draft.version = "published", now, draft.version + 1
    at = [{one: n for n, table in enumerate(tables, start=1) for one in table} for tables in rounds]
    everybody = sorted({one for tables in at for one in tables if one in people})
    seats = [
        {"person": people[one], "reference": one, "tables": [tables.get(one) for tables in at]} for one in everybody
    ]
    tables_published(db, slug, kind_of(session), seats, draft.version)
    facts.tables_published(db, slug)
    return state_of(draft)


def found(db: OrmSession, slug: str, status: str) -> Plan | None:
    """Return the draft, or what is published."""
    return db.scalar(select(Plan).where(Plan.session == slug, Plan.status == status))


def state_of(plan: Plan) -> dict[str, Any]:
    """Return which state a plan is in."""
    made = plan.making == "wanted"
    return {"session": plan.session, "status": plan.status, "version": plan.version, "being_made": made}


def rounds_of(db: OrmSession, plan: Plan) -> tuple[Round, ...]:
    """Return the tables of each round as references; each round has as many tables, empty ones too."""
    rows = db.execute(
        select(Seat.round, Seat.table, Seat.reference).where(Seat.plan == plan.id).order_by(Seat.reference)
    ).all()
    if not rows:
        return ()
    tables, number = max(table for _, table, _ in rows), max(rows)[0]
    if plan.making is None:
        number = max(number, plan.rounds)  # all who sat in the last one may have been erased
    rounds: list[list[list[str]]] = [[[] for _ in range(tables)] for _ in range(number)]
    for round, table, reference in rows:
        rounds[round - 1][table - 1].append(reference)
    return tuple(tuple(tuple(table) for table in tables_) for tables_ in rounds)


def come_and_gone(rounds: Iterable[Round], guests: Guests) -> tuple[set[str], set[str]]:
    """Return who is to be seated and misses a seat in one of the rounds, and who has one and is not to be seated."""
    seated = [{one for table in tables for one in table} for tables in rounds]
    always = set.intersection(*seated) if seated else set()
    return guests.keys() - always, set().union(*seated) - guests.keys()


def keep_seats(db: OrmSession, plan: Plan, rounds: Iterable[Round], people: dict[str, str]) -> None:
    """Keep who sits where in place of what was kept; whoever is not among the `people`, by reference, has no seat."""
    db.execute(delete(Seat).where(Seat.plan == plan.id))
    rows = [
        {"plan": plan.id, "round": round, "table": table, "reference": one, "person": people[one]}
        for round, tables in enumerate(rounds, start=1)
        for table, seated in enumerate(tables, start=1)
        for one in seated
        if one in people
    ]
    if rows:
        db.execute(insert(Seat), rows)


def check_seatable(gathering: Gathering) -> None:
    """Raise Invalid, with the field, where it is plain that these people cannot be seated so."""
    try:
        check(gathering)
    except CannotBeSeated as refusal:
        reason, limits = refusal.facts["reason"], refusal.facts["limits"]
        raise Invalid.field(FIELDS.get(reason, "size"), reason, **limits) from refusal


def people_of(db: OrmSession, slug: str) -> dict[str, str]:
    """Return the ids of all who have had a booking, by its reference; none of them is erased meanwhile."""
    query = select(Booking.reference, Booking.person).where(Booking.session == slug)
    return dict(db.execute(query.with_for_update(read=True)).all())


def session_of(db: OrmSession, slug: str, *, hold: bool = False) -> Session:
    """Return the session; with `hold`, its tables are changed by nobody else meanwhile. Raises NotFound."""
    session = db.get(Session, slug, with_for_update=hold)
    if session is None or session.version == 0:
        raise NotFound("There is no such session.")
    return session


def _open(db: OrmSession, slug: str, now: datetime) -> Session:
    """Return the session, whose tables nobody else changes now. Raises NotFound, SessionCancelled, SessionFinished."""
    session = session_of(db, slug, hold=True)
    if session.status == "cancelled":
        raise SessionCancelled
    if session.ends_at is not None and session.ends_at <= now:
        raise SessionFinished
    return session


def _made(db: OrmSession, slug: str) -> Plan:
    """Return the draft, or else what is published. Raises NotFound, TablesBeingMade."""
    plan = found(db, slug, "draft") or found(db, slug, "published")
    if plan is not None and plan.making == "wanted":
        raise TablesBeingMade
    if plan is None or not db.scalar(select(Seat.person).where(Seat.plan == plan.id).limit(1)):
        raise NotFound(NO_TABLES)
    return plan


def _draft_of(db: OrmSession, shown: Plan, now: datetime) -> Plan:
    """Return the plan if it is a draft, or else a draft that is a copy of it."""
    if shown.status == "draft":
        return shown
    copied = {name: getattr(shown, name) for name in ("session", "version", "size", "rounds", "wishes")}
    draft = Plan(status="draft", made_at=now, **copied)
    db.add(draft)
    db.flush()
    seats = select(Seat.round, Seat.person, Seat.reference, Seat.table).where(Seat.plan == shown.id)
    db.execute(insert(Seat), [{"plan": draft.id, **row._mapping} for row in db.execute(seats)])
    return draft


def _seat(db: OrmSession, draft: Plan, round: int, reference: str, table: int) -> None:
    person = db.get_one(Booking, reference).person
    seat = db.get(Seat, (draft.id, round, person))
    if seat is None:
        db.add(Seat(plan=draft.id, round=round, person=person, reference=reference, table=table))
    else:
        seat.table = table


def _changed(draft: Plan, now: datetime) -> dict[str, Any]:
    draft.version, draft.made_at, draft.making = draft.version + 1, now, None
    return state_of(draft)
