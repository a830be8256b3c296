"""Flat: what people and the team ask for most, with a million bookings ÷ with a thousand.

All is asked of the services' methods in this one process, as a call over RPC arrives there: who asks, the transaction,
the answer. The commit does not wait for the disk, whose noise would hide the rest. Both worlds are on one PostgreSQL,
and are asked in turns. Reach has the same people and sessions in both, and a thousand places in the little one: it
names every organisation, so that the answer is as long.
"""

import random
import statistics
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from io import StringIO
from itertools import islice
from typing import Any

from sqlalchemy import Engine, text
from sqlalchemy.orm import Session as OrmSession

from benchmarks import cost, reach, seed
from benchmarks.load import Broken
from benchmarks.report import Table, figure
from services.community.models import Base as CommunityBase
from services.community.reach import answers
from services.community.reach import rooms as reach_rooms
from services.community.schemas import ReachView
from services.registration import events
from services.registration.accounts import tokens
from services.registration.models import Person
from services.registration.places import sessions
from services.registration.service import Registration
from services.runtime import clock, search
from services.runtime.database import Transactions, open_engine
from services.runtime.migrations import migrate
from services.runtime.schemas import load
from services.runtime.settings import Settings
from tests.servers import PostgreSQL, postgresql_server

EXPECTED = 1.2  # times what it takes with little, at the 95th percentile
WARM_UP = 10
PAGE = 20  # bookings, or people
FEW = 10  # bookings on a page of a session: each has so many in both worlds
REGULARS, THEIRS = 50, 18  # people who book and look at their places, and how many each has: the same in both worlds
AT_ONCE = 50_000  # rows of a COPY
STEP = 107  # sessions from one of a person's bookings to the next
FIRST = ("Aisha", "Ben", "Chloe", "Daniel", "Ewa")  # few, so that a page of each is full
LETTERS = "bcdfghjklmnprstvwxyz"  # of last names, which are rare


@dataclass(frozen=True)
class Amount:
    """How much there is of each; a half of the sessions is still to come."""

    people: int
    bookings: int
    sessions: int


@dataclass(frozen=True)
class Amounts:
    """The larger world, and how often each thing is asked of both."""

    much: Amount
    runs: int


LITTLE = Amount(150, 1000, 60)
AMOUNTS = {
    "full": Amounts(Amount(57_000, 1_000_000, 2_000), 300),
    "quick": Amounts(Amount(57_000, 100_000, 2_000), 100),
    "tiny": Amounts(Amount(300, 2_000, 80), 5),
}


class World:
    """Registration with so many people, bookings and sessions."""

    def __init__(self, engine: Engine, amount: Amount) -> None:
        """Fill the database, which is empty."""
        self.engine, self.amount = engine, amount
        self.service = Registration()
        self.service.database, self.service.settings = Transactions(engine), Settings(secret_key="of a benchmark")
        self.booked: list[list[int]] = []
        chance = random.Random(7)
        with self.service.database.begin() as db:
            _without_limits(db)
            for number in range(amount.sessions):
                _tell(db, number, amount.sessions)
            copy(db, "people", PEOPLE, map(_person, range(amount.people)))
            copy(db, "addresses", ADDRESSES, map(_address, range(amount.people)))
            self.booked = [chance.sample(range(amount.sessions), THEIRS) for _ in range(REGULARS)]
            copy(db, "bookings", BOOKINGS, _bookings(self.booked, amount))
            copy(db, "booking_changes", CHANGES, _changes(self.booked, amount))
            for table in ("bookings", "booking_changes"):
                db.execute(text(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), max(id)) FROM {table}"))
            db.execute(text(cost.COUNTERS))
            db.execute(text("""UPDATE people SET granted = '["team"]' WHERE id = :id"""), {"id": _id(REGULARS)})
            regulars = [tokens.issue(db, db.get_one(Person, _id(n)), clock.now())[0] for n in range(REGULARS + 1)]
        *self.regulars, self.team = ({"token": tokens.hash_of(token)} for token in regulars)
        vacuum(engine)

    def book(self, run: int) -> Any:
        """Have a regular book a session to come in which they have no place."""
        theirs, coming = self.booked[run % REGULARS], range(self.amount.sessions // 2 + 1, self.amount.sessions)
        number = next(number for number in coming if number not in theirs)
        theirs.append(number)
        given = {"session": seed.slug_of(number)}
        return self.service.book(caller=self.regulars[run % REGULARS], given=given)

    def own(self, run: int) -> Any:
        """Have a regular look at their places."""
        return self.service.bookings(caller=self.regulars[run % REGULARS], cursor=None, limit=THEIRS)

    def session(self, run: int) -> Any:
        """Have the team look at who has booked a session."""
        slug = seed.slug_of(run * 7 % self.amount.sessions)
        return self.service.session_bookings(caller=self.team, slug=slug, cursor=None, limit=FEW)

    def rare(self, run: int) -> Any:
        """Have the team look for a part of somebody's name."""
        return self._find(_names(run * 11 % self.amount.people)[1][:-1])

    def common(self, run: int) -> Any:
        """Have the team look for a name that many have."""
        return self._find(FIRST[run % len(FIRST)])

    def address(self, run: int) -> Any:
        """Have the team look for an address."""
        return self._find(_email(run * 11 % self.amount.people))

    def nobody(self, run: int) -> Any:
        """Have the team look for a name that nobody has."""
        return self._find(f"qvq{run}")

    def _find(self, q: str) -> Any:
        return self.service.find_people(caller=self.team, q=q, cursor=None, limit=PAGE)


ASKED: dict[str, Callable[[World, int], Any]] = {
    "a booking": World.book,
    "a page of one's own bookings": World.own,
    "a page of a session's bookings": World.session,
    "search by a part of a name": World.rare,
    "search by a name that many have": World.common,
    "search by an address": World.address,
    "search for a name that nobody has": World.nobody,
}
REACH = "reach, a year"
PERIOD = reach.PERIODS["a year"]


def measure(amounts: Amounts) -> Table:
    """Return the 95th percentiles, and how many times the one is the other. Raises Broken."""
    much, little = amounts.much, LITTLE
    title = f"{much.bookings:,} bookings, {much.people:,} people and {much.sessions:,} sessions ÷ "
    title += f"{little.bookings:,}, {little.people:,} and {little.sessions:,}: p95 of {amounts.runs} in turns"
    table = Table(title, "much ÷ little", "much", "little", "medians")
    with postgresql_server() as server, ExitStack() as opened:
        worlds = [World(opened.enter_context(_database(server, "registration")), one) for one in (much, little)]
        for what, ask in ASKED.items():
            _add(table, what, [lambda run, w=world, a=ask: _done(a(w, run)) for world in worlds], amounts.runs)
        few = Amount(much.people, little.bookings, much.sessions)
        engines = [_community(opened.enter_context(_database(server, "community")), one) for one in (much, few)]
        _add(table, REACH, [lambda _, e=engine: _reach(e) for engine in engines], amounts.runs)
    table.note(f"reach ÷ that of {few.bookings:,} places, of as many people and sessions")
    return table


def _add(table: Table, what: str, both: Sequence[Callable[[int], None]], runs: int) -> None:
    took: list[list[float]] = [[], []]
    for run in range(WARM_UP + runs):
        for which in (0, 1) if run % 2 else (1, 0):
            began = time.perf_counter()
            both[which](run)
            took[which].append((time.perf_counter() - began) * 1000)
    much, little = (statistics.quantiles(times[WARM_UP:], n=20)[-1] for times in took)
    medians = statistics.median(took[0][WARM_UP:]) / statistics.median(took[1][WARM_UP:])
    ratio = figure(much / little, at_most=EXPECTED)
    table.add(what, ratio, figure(much, " ms"), figure(little, " ms"), figure(medians))


def _done(reply: Any) -> None:
    if reply.refusal is not None:
        raise Broken(f"refused: {reply.refusal}")


def _reach(engine: Engine) -> None:
    with OrmSession(engine) as db:
        told = ReachView().dump(answers.reach(db, *PERIOD))
    if not told["total"]["people"]:
        raise Broken("nobody was reached")


@contextmanager
def _database(server: PostgreSQL, service: str) -> Iterator[Engine]:
    with server.fresh_database() as url:
        engine = open_engine(url, schema=service)
        migrate(engine, service)
        with engine.begin() as connection:
            name = connection.scalar(text("SELECT current_database()"))
            connection.execute(text(f'ALTER DATABASE "{name}" SET synchronous_commit = off'))
        engine.dispose()  # what connects from now on has it so
        yield engine
        engine.dispose()


def vacuum(engine: Engine) -> None:
    """Have the tables as they are where nothing was just loaded."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("SET statement_timeout = 0"))
        connection.execute(text("VACUUM ANALYZE"))
        connection.execute(text("CHECKPOINT"))


def copy(db: OrmSession, table: str, columns: str, rows: Iterable[Sequence[object]]) -> None:
    """Load rows, which are in the order of the `columns`; None is NULL."""
    cursor, rows = db.connection().connection.cursor(), iter(rows)
    while some := list(islice(rows, AT_ONCE)):
        lines = "".join("\t".join(r"\N" if each is None else str(each) for each in row) + "\n" for row in some)
        cursor.copy_expert(f"COPY {table} ({columns}) FROM STDIN", StringIO(lines))


def _without_limits(db: OrmSession) -> None:
    db.execute(text("SET LOCAL statement_timeout = 0"))
    db.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))


def _tell(db: OrmSession, number: int, of: int) -> None:
    """Tell registration of a session: so many are over, and as many to come."""
    start = clock.now() + timedelta(hours=4 * (number - of // 2) - 2)
    told = {**seed.session(seed.slug_of(number), start, 100_000), "programme": "many"}
    sessions.keep(db, load(events.SessionRead(), {**told, "status": "published", "version": 1}), clock.now())


PEOPLE = "id, email, name, search_key, sector, granted, created_at, version"
ADDRESSES = "id, person_id, email, added_at"
BOOKINGS = "id, reference, person_id, session_slug, mode, state, sector, expired_offers, created_at, version"
BOOKINGS += ", confirmed_at, attendance, attended_share"
CHANGES = "booking_id, at, what, cause, by, actor_id, session_slug, mode, state"


def _id(number: int) -> str:
    return f"00000000-0000-4000-8000-{number:012d}"


def _names(number: int) -> tuple[str, str]:
    mixed, parts = number * 7919 % len(LETTERS) ** 4, []
    for _ in range(4):
        mixed, letter = divmod(mixed, len(LETTERS))
        parts.append(LETTERS[letter] + "aeiou"[letter % 5])
    return FIRST[number % len(FIRST)], "".join(parts).title()


def _email(number: int) -> str:
    return f"{'.'.join(_names(number))}.{number}@example.org".lower()


def _person(number: int) -> Sequence[object]:
    name, email = " ".join(_names(number)), _email(number)
    return _id(number), email, name, search.key_of(name, email), "social_care", "[]", clock.now(), 1


def _address(number: int) -> Sequence[object]:
    return _id(number), _id(number), _email(number), clock.now()


def _placed(booked: list[list[int]], amount: Amount) -> Iterator[tuple[int, int]]:
    """Yield the person and the session of each booking, those of the regulars between those of others."""
    theirs = [(person, session) for person, numbers in enumerate(booked) for session in numbers]
    every = max(1, amount.bookings // len(theirs))
    others = amount.people - REGULARS - 1
    for n in range(amount.bookings):
        if n % every == 0 and theirs:
            yield theirs.pop()
        else:
            turn, person = divmod(n, others)
            yield REGULARS + 1 + person, (person * 31 + turn * STEP) % amount.sessions


def _bookings(booked: list[list[int]], amount: Amount) -> Iterator[Sequence[object]]:
    now = clock.now()
    for n, (person, session) in enumerate(_placed(booked, amount), 1):
        was = ("attended", 1) if session < amount.sessions // 2 else (None, None)
        where = _id(person), seed.slug_of(session), "online", "confirmed", "social_care"
        yield n, f"B{n:08d}", *where, 0, now, 1, now, *was


def _changes(booked: list[list[int]], amount: Amount) -> Iterator[Sequence[object]]:
    now = clock.now()
    for n, (person, session) in enumerate(_placed(booked, amount), 1):
        by = "booking_confirmed", "booked", "person", _id(person)
        yield n, now, *by, seed.slug_of(session), "online", "confirmed"


def _community(engine: Engine, amount: Amount) -> Engine:
    """Fill the community's database with who came to sessions that are over, and have them counted."""
    chance = random.Random(7)
    every = timedelta(days=365 * reach.YEARS) / amount.sessions
    sectors = chance.choices(list(reach.SHARES), list(reach.SHARES.values()), k=amount.people)
    employers = [f"{sector} {int(chance.paretovariate(0.7)) % 150}" for sector in sectors]
    tables = CommunityBase.metadata.tables
    with Transactions(engine).begin() as db:
        _without_limits(db)
        db.execute(tables["sectors"].insert(), [{"code": c, "name": c, "workforce": 9000} for c in reach.SHARES])
        told = [reach.session(n, reach.BEGAN + n * every) for n in range(amount.sessions)]
        db.execute(tables["sessions"].insert(), told)
        people = ((_id(n), 1, sectors[n], employers[n], "f") for n in range(amount.people))
        copy(db, "people", "id, version, sector, organisation, erased", people)
        rows = (
            (f"R{n}", _id(who), f"s{chance.randrange(amount.sessions)}", sectors[who], employers[who], "t", 60)
            for n in range(amount.bookings)
            for who in [chance.randrange(amount.people)]
        )
        copy(db, "reached", "booking, person, session, sector, organisation, attended, minutes", rows)
    vacuum(engine)
    while reach_rooms.make_next(Transactions(engine).begin, lambda: reach.NOW):
        pass
    vacuum(engine)
    return engine
