"""What a booking costs where there is little and where there is much: rows in the table, people who wait.

Both are measured in turns, in one process, on one PostgreSQL, so that the noise of the machine is the same for both.
"""

import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Engine, text
from sqlalchemy.orm import Session as OrmSession

from benchmarks import seed
from benchmarks.load import Broken
from benchmarks.report import Table, figure
from services.registration import events
from services.registration.models import Person
from services.registration.places import bookings, sessions
from services.runtime import clock
from services.runtime.database import Transactions, open_engine
from services.runtime.migrations import migrate
from services.runtime.schemas import load
from tests.servers import PostgreSQL, postgresql_server

EXPECTED = 1.3  # times what it takes with little
WARM_UP = 20
FEW = 10
PLACES = 100_000  # more than anyone takes
OTHERS = 100  # the sessions that other people's bookings are in
OPEN, SHORT_LINE, LONG_LINE = "with-places", "with-a-short-line", "with-a-long-line"


@dataclass(frozen=True)
class Amount:
    """How many bookings of each kind are measured; how many others are in the table, and how long the line is."""

    runs: int
    many: int
    long: int


AMOUNTS = {"full": Amount(400, 100_000, 5_000), "quick": Amount(60, 100_000, 5_000), "tiny": Amount(5, 500, 50)}


@dataclass(frozen=True)
class Case:
    """A booking to measure: in which database, of which session, and what it comes to."""

    engine: Engine
    slug: str
    state: str


def measure(amount: Amount) -> Table:
    """Return the medians, and how many times the one is the other. Raises Broken."""
    where = "in registration, PostgreSQL, without HTTP and commit"
    title = f"One booking's work {where}, {amount.runs} of each in turns (medians)"
    table = Table(title, "much ÷ little", "with much", "with little")
    people, lines = max(amount.many, amount.long + 1), {SHORT_LINE: FEW, LONG_LINE: amount.long}
    with (
        postgresql_server() as server,
        _filled(server, amount.long + 1, FEW, {}) as small,
        _filled(server, people, amount.many, lines) as large,
    ):
        in_table = Case(large, OPEN, "confirmed"), Case(small, OPEN, "confirmed")
        _add(table, f"{amount.many:,} bookings in the table, or {FEW}", *in_table, amount.runs)
        waiting = Case(large, LONG_LINE, "waiting"), Case(large, SHORT_LINE, "waiting")
        _add(table, f"{amount.long:,} people waiting, or {FEW}", *waiting, amount.runs)
    return table


def _add(table: Table, what: str, much: Case, little: Case, runs: int) -> None:
    took: dict[Case, list[float]] = {much: [], little: []}
    for turn in range(WARM_UP + runs):
        for case in (much, little) if turn % 2 else (little, much):
            took[case].append(_book(case))
    with_much, with_little = (statistics.median(took[case][WARM_UP:]) * 1000 for case in (much, little))
    ratio = figure(with_much / with_little, at_most=EXPECTED)
    table.add(what, ratio, figure(with_much, " ms"), figure(with_little, " ms"))


def _book(case: Case) -> float:
    """Return how many seconds a booking takes; it is undone, so that the next one finds the same. Raises Broken."""
    with OrmSession(case.engine, expire_on_commit=False, autoflush=False) as db:
        booker = db.get_one(Person, "booker")
        began = time.perf_counter()
        booked = bookings.book(db, booker, clock.now(), case.slug)
        took = time.perf_counter() - began
        db.rollback()
    if booked["state"] != case.state:
        raise Broken(f"a booking of {case.slug} came to {booked['state']}")
    return took


@contextmanager
def _filled(server: PostgreSQL, people: int, booked: int, lines: dict[str, int]) -> Iterator[Engine]:
    """Yield a database with so many people and bookings in other sessions, and the sessions to book, with `lines`."""
    with server.fresh_database() as url:
        engine = open_engine(url, schema="registration")
        migrate(engine, "registration")
        others = [f"other-{n}" for n in range(OTHERS)]
        with Transactions(engine).begin() as db:
            for slug in (*others, OPEN):
                _tell(db, slug, PLACES)
            for slug in (SHORT_LINE, LONG_LINE):
                _tell(db, slug, 1)
            db.execute(text(PEOPLE), {"now": clock.now(), "number": people})
            db.execute(text(BOOKINGS), {"now": clock.now(), "number": booked, "others": OTHERS})
            for slug, waiting in lines.items():
                db.execute(text(LINE), {"now": clock.now(), "slug": slug, "waiting": waiting})
            db.execute(text(HISTORY))
            db.execute(text(COUNTERS))
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))
        yield engine
        engine.dispose()


def _tell(db: OrmSession, slug: str, places: int) -> None:
    start = clock.now() + timedelta(days=60)
    told = {**seed.session(slug, start, places), "programme": "many", "status": "published", "version": 1}
    sessions.keep(db, load(events.SessionRead(), told), clock.now())


PEOPLE = """
    INSERT INTO people (id, email, name, sector, granted, created_at, version)
    SELECT id, id || '@example.org', id, 'social_care', '[]', :now, 1
    FROM (SELECT 'person-' || n AS id FROM generate_series(1, :number) AS n UNION ALL SELECT 'booker') AS everybody
"""
BOOKINGS = """
    INSERT INTO bookings (reference, person_id, session_slug, mode, state, sector, expired_offers, created_at, version)
    SELECT 'HR-' || n, 'person-' || n, 'other-' || n % :others, 'online', 'confirmed', 'social_care', 0, :now, 1
    FROM generate_series(1, :number) AS n
"""
LINE = """
    INSERT INTO bookings
        (reference, person_id, session_slug, mode, state, waiting_number, sector, expired_offers, created_at, version)
    SELECT 'W' || n || '-' || :waiting, 'person-' || n + 1, :slug, 'online',
        CASE n WHEN 0 THEN 'confirmed' ELSE 'waiting' END, nullif(n, 0), 'social_care', 0, :now, 1
    FROM generate_series(0, :waiting) AS n
"""
HISTORY = """
    INSERT INTO booking_changes (booking_id, at, what, cause, by, actor_id, session_slug, mode, state)
    SELECT id, created_at, 'booking_confirmed', 'booked', 'person', person_id, session_slug, mode, state FROM bookings
"""
COUNTERS = """
    UPDATE sessions SET taken_online = placed, waiting_online = waiting, last_waiting_number = waiting,
        taken_by_sector = jsonb_build_object('online', jsonb_build_object('social_care', placed))
    FROM (
        SELECT session_slug, count(*) FILTER (WHERE waiting_number IS NULL) AS placed, count(waiting_number) AS waiting
        FROM bookings GROUP BY session_slug
    ) AS counted
    WHERE slug = session_slug
"""
