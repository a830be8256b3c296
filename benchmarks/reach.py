"""Who the programme reaches, in a city: what an answer takes, what a booking's event takes, and counting a session.

57,000 people with 1,000,000 places in 5,000 sessions of 40 programmes and 6 years, on SQLite and on PostgreSQL.
"""

import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import Engine, insert
from sqlalchemy.orm import Session as OrmSession

from benchmarks.load import Broken
from benchmarks.report import Table, figure
from services.community.models import Booking, Reached, Sector, Session
from services.community.reach import answers, facts, rooms
from services.community.schemas import ReachView
from services.runtime.database import Transactions, open_engine
from services.runtime.migrations import migrate
from tests.servers import postgresql_server

EXPECTED = 300  # ms
EVENTS = 200


@dataclass(frozen=True)
class Amount:
    """How much there is, and how often each question is asked."""

    people: int
    places: int
    sessions: int
    times: int


AMOUNTS = {
    "full": Amount(57_000, 1_000_000, 5_000, 30),
    "quick": Amount(5_700, 100_000, 1_000, 10),
    "tiny": Amount(570, 5_000, 100, 3),
}
PROGRAMMES, YEARS = 40, 6
SHARES = {
    **{"social_care": 40, "hospital": 29, "community_health": 5, "general_practice": 5, "local_authority": 6},
    **{"third_sector": 6, "commissioning": 2, "independent": 3, "academia": 2, "primary_care": 2},
}
BEGAN = datetime(2020, 4, 6, 9, tzinfo=UTC)
NOW = BEGAN + timedelta(days=366 * YEARS)
PERIODS: dict[str, tuple[date | None, date | None]] = {
    "all time": (None, None),
    "a year": (date(2022, 4, 1), date(2023, 3, 31)),
    "a quarter": (date(2022, 4, 1), date(2022, 6, 30)),
    "any days": (date(2021, 2, 3), date(2025, 10, 29)),
}


def measure(amount: Amount) -> Table:
    """Return the medians of both databases, the first answer of a new connection apart. Raises Broken."""
    title = f"Reach of {amount.people:,} people with {amount.places:,} places ({amount.times} answers each)"
    table = Table(title, "median", "the first", "CPU")
    with tempfile.TemporaryDirectory() as folder:
        _add(table, "SQLite", open_engine(f"sqlite:///{folder}/community.db", schema="community"), amount)
    with postgresql_server() as server, server.fresh_database() as url:
        _add(table, "PostgreSQL", open_engine(url, schema="community"), amount)
    return table


def _add(table: Table, name: str, engine: Engine, amount: Amount) -> None:
    migrate(engine, "community")
    with Transactions(engine).begin() as db:
        _fill(db, amount)
    took = _timed(lambda: _count_sessions(engine))
    table.add(f"{name}, counting a session", figure(took[0] / amount.sessions, " ms"), "",
              figure(took[1] / amount.sessions, " ms"))  # fmt: skip
    with Transactions(engine).begin() as db:
        took = _timed(lambda: _book(db))
    table.add(f"{name}, an event of a booking", figure(took[0] / EVENTS, " ms"), "",
              figure(took[1] / EVENTS, " ms", at_most=0.5))  # fmt: skip
    for programme in (None, "programme-7"):
        for period, (first, last) in PERIODS.items():
            engine.dispose()
            taken = []
            for _ in range(1 + amount.times):
                with OrmSession(engine) as db:
                    taken.append(_timed(lambda db=db: _ask(db, first, last, programme)))  # type: ignore[misc]  # noqa: B023
            cold, *warm = taken
            median, cpu = (statistics.median(times) for times in zip(*warm, strict=True))
            shown = figure(median, " ms", at_most=EXPECTED)
            label = f"{name}, {period}, {programme or 'all programmes'}"
            table.add(label, shown, figure(cold[0], " ms", at_most=EXPECTED), figure(cpu, " ms"))
    engine.dispose()


def _ask(db: OrmSession, first: date | None, last: date | None, programme: str | None) -> None:
    told = ReachView().dump(answers.reach(db, first, last, programme))
    if not programme and not any(row["people"] for row in told["sectors"]):
        raise Broken(f"nobody was reached from {first} to {last} by {programme}")


def _timed(work: Callable[[], None]) -> tuple[float, float]:
    """Return the milliseconds that something takes, by the clock and of this process's CPU."""
    began, cpu = time.perf_counter(), time.process_time()
    work()
    return (time.perf_counter() - began) * 1000, (time.process_time() - cpu) * 1000


def _count_sessions(engine: Engine) -> None:
    while rooms.make_next(Transactions(engine).begin, lambda: NOW):
        pass


def _book(db: OrmSession) -> None:
    """Take over what became of places in a session to come."""
    for n in range(EVENTS):
        booking = Booking(reference=f"new-{n}", person=f"person-{n}", session="to come", state="confirmed")
        facts.keep(db, [booking])


def _fill(db: OrmSession, amount: Amount) -> None:
    chance = random.Random(7)
    step = timedelta(days=365 * YEARS) / amount.sessions
    ends = [BEGAN + n * step for n in range(amount.sessions)]
    db.execute(insert(Sector), [{"code": code, "name": code, "workforce": 570 * n} for code, n in SHARES.items()])
    db.execute(insert(Session), [session(n, at) for n, at in enumerate(ends)])
    db.execute(insert(Session), [{**session(0, NOW + timedelta(days=30)), "slug": "to come"}])
    sectors = chance.choices(list(SHARES), list(SHARES.values()), k=amount.people)
    employers = [f"{sector} {int(chance.paretovariate(0.7)) % 150}" for sector in sectors]
    rows = _places(chance, amount, sectors, employers)
    while some := [row for _, row in zip(range(50_000), rows, strict=False)]:
        db.execute(insert(Reached), some)


def session(n: int, at: datetime) -> dict[str, object]:
    """Return the community's row of a session that is over at that moment."""
    of = f"programme-{n % PROGRAMMES}"
    told = {"slug": f"s{n}", "version": 1, "programme": of, "programme_title": of, "title": f"Session {n}"}
    more = {"topics": [], "delivery": "virtual", "status": "published", "meetings": []}
    return {**told, **more, "begins_at": at, "ends_at": at}


def _places(
    chance: random.Random, amount: Amount, sectors: list[str], employers: list[str]
) -> Iterator[dict[str, object]]:
    for n in range(amount.places):
        person = min(int(chance.random() ** 1.7 * amount.people), amount.people - 1)  # some come often
        session = chance.randrange(amount.sessions)
        yield {
            **{"booking": f"R{n}", "person": f"person-{person}", "session": f"s{session}"},
            **{"sector": sectors[person], "organisation": employers[person], "attended": chance.random() < 0.8},
        }
