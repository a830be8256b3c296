"""What a group of bookings costs beside as many that are made one at a time, in registration and in PostgreSQL."""

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from typing import Any

from benchmarks import pgbench
from benchmarks.load import Broken
from benchmarks.processes import cpu_of_servers
from benchmarks.report import Table, figure
from services.registration.accounts import tokens
from services.registration.service import Registration
from services.runtime.database import Transactions, open_engine
from services.runtime.migrations import migrate
from services.runtime.settings import Settings
from tests.servers import postgresql

SIZES = (1, 8, 32)  # of the groups; one alone is done as a call is that nobody else waits with
RUNS = 4  # of each size over all sessions, and the largest in one


@dataclass(frozen=True)
class Amount:
    """How many bookings each row makes, and over how many sessions."""

    bookings: int
    sessions: int


AMOUNTS = {"full": Amount(3200, 1000), "quick": Amount(640, 1000), "tiny": Amount(32, 10)}


def measure(amount: Amount) -> Table:
    """Return what each size of group makes a second on one connection, and the CPU that a booking takes."""
    title = f"Bookings in groups, in registration, PostgreSQL, one connection, over {amount.sessions:,} sessions"
    table = Table(title, "a second", "registration's CPU", "PostgreSQL's CPU")
    with postgresql() as url:
        engine = open_engine(url, schema="registration")
        migrate(engine, "registration")
        database = Transactions(engine)
        pgbench.add_sessions(database, amount.sessions)
        pgbench.add_people(database, (amount.bookings + 2) * RUNS, hash_of=_kept)
        ask = _asking(database)
        numbers = count(1)
        for size in SIZES:
            _add(table, f"groups of {size}", ask, numbers, size, amount.bookings, amount.sessions)
        _add(table, f"groups of {SIZES[-1]}, in one session", ask, numbers, SIZES[-1], amount.bookings, 1)
        engine.dispose()
    return table


def _kept(number: int) -> str:
    return tokens.kept_of(tokens.hash_of(f"token-{number}"))


def _asking(database: Transactions) -> Callable[[list[tuple[int, int]]], list[Any]]:
    """Return what books for people, each by their number, a place in the session of that number."""
    registration: Any = Registration()
    registration.database, registration.settings = database, Settings()

    def ask(those: list[tuple[int, int]]) -> list[Any]:
        requests = [
            {
                "caller": {"token": tokens.hash_of(f"token-{person}")},
                "given": {"session": f"session-{session}", "mode": "online", "access_needs": None},
                "key": str(uuid.uuid4()),
            }
            for person, session in those
        ]
        return registration.book(group=requests) if len(requests) > 1 else [registration.book(**requests[0])]

    return ask


def _add(
    table: Table,
    what: str,
    ask: Callable[[list[tuple[int, int]]], list[Any]],
    people: "count[int]",
    size: int,
    bookings: int,
    sessions: int,
) -> None:
    _check(ask([(next(people), 0)]))  # the first of a kind has its statements written
    began, own, servers = time.perf_counter(), time.process_time(), cpu_of_servers()["PostgreSQL"]
    for start in range(0, bookings, size):
        _check(ask([(next(people), number % sessions) for number in range(start, min(start + size, bookings))]))
    rate = bookings / (time.perf_counter() - began)
    own, servers = time.process_time() - own, cpu_of_servers()["PostgreSQL"] - servers
    table.add(what, figure(rate), *(figure(cpu * 1000 / bookings, " ms") for cpu in (own, servers)))


def _check(replies: list[Any]) -> None:
    if not all(reply is not None and reply.refusal is None for reply in replies):
        raise Broken("a booking of a group was refused, or left out")
