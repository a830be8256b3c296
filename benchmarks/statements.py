"""The statements of a booking's whole way, from the token to the email, as PostgreSQL counts them.

By `pg_stat_statements`, in a server of our own that has it loaded, where each service connects as a role of its own.
The time is that of planning and running; what a service does by itself, such as a look for work, is in it as well.
"""

import random
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from itertools import cycle, islice
from urllib.parse import urlsplit, urlunsplit

import psycopg2

from benchmarks import bookings, load, processes, seed
from benchmarks.processes import Site
from benchmarks.report import Table, figure
from services.headrow.names import SERVICES
from services.runtime.database import Transactions, open_engine
from tests.servers import PrivatePostgreSQL

AMOUNTS = {"full": 4000, "quick": 600, "tiny": 20}  # bookings
WARM_UP = 20
EXTENSION = "pg_stat_statements"
ROLE = "headrow_{service}"
SELDOM = 0.05  # a booking: calls, or ms, up to which a statement is not shown by itself
LONGEST = 110  # characters of a statement that are shown
COUNTED = f"""
    SELECT rolname, query, calls, rows, total_plan_time + total_exec_time
    FROM {EXTENSION} JOIN pg_roles ON pg_roles.oid = userid
    WHERE rolname LIKE 'headrow\\_%' AND dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


@dataclass
class Counted:
    """One kind of statement: how often it was run, how many rows it was about, and how many ms it took, in all."""

    calls: float = 0
    rows: float = 0
    ms: float = 0


Statements = dict[tuple[str, str], Counted]  # by service and statement


def measure(number: int, size: str) -> Iterator[Table]:
    """Yield the statements of so many bookings over all sessions, by service and one by one. Raises Broken, Missing."""
    title = f"Statements of {number:,} bookings, for each booking"
    with PrivatePostgreSQL.running() as server:
        if not _has_extension(server.url):
            table = Table(title, "calls", "rows", "ms")
            table.note(
                f"this PostgreSQL has no {EXTENSION}, which Debian has in postgresql-contrib: nothing was counted"
            )
            yield table
            return
        with _counting(server) as url:
            statements = _of_bookings(url, number, size)
    yield _by_service(title, statements, number)
    yield _one_by_one(statements, number)


def _has_extension(url: str) -> bool:
    return bool(_run(url, f"SELECT 1 FROM pg_available_extensions WHERE name = '{EXTENSION}'"))


@contextmanager
def _counting(server: PrivatePostgreSQL) -> Iterator[str]:
    """Have the server count, and yield the URL of a database with a role for each service."""
    server.run(f"ALTER SYSTEM SET shared_preload_libraries = '{EXTENSION}'")
    server.stop()
    server.start()
    server.run(f"ALTER SYSTEM SET {EXTENSION}.track_planning = on")
    server.run("SELECT pg_reload_conf()")
    with server.fresh_database() as url:
        _run(url, f"CREATE EXTENSION {EXTENSION}")
        for service in SERVICES:
            _run(url, f"CREATE ROLE {ROLE.format(service=service)} LOGIN")
            _run(url, f"GRANT ALL ON DATABASE {urlsplit(url).path[1:]} TO {ROLE.format(service=service)}")
        yield url


def _of_bookings(url: str, number: int, size: str) -> Statements:
    """Make so many bookings, wait until everything that follows is done, and return what was counted."""
    tokens = list[str]()

    def fill(site: Site) -> None:
        seed.add_sessions(site, seed.SESSIONS[size])
        tokens.extend(seed.add_people(site, WARM_UP + number))

    with processes.distributed(fill, database=_as_role(url)) as site:
        seed.wait_until_known(site)
        # What this process asks meanwhile is none of a booking's statements.
        site.databases.update({name: Transactions(open_engine(url, schema=name)) for name in SERVICES})
        slugs = list(islice(cycle(seed.slugs_of(site)), number))
        random.Random(1).shuffle(slugs)
        _book(site, tokens[:WARM_UP], slugs, WARM_UP)
        _run(url, f"SELECT {EXTENSION}_reset()")
        _book(site, tokens[WARM_UP:], slugs, WARM_UP + number)
        return _counted(url)


def _book(site: Site, tokens: Sequence[str], slugs: Sequence[str], made: int) -> None:
    load.put_on(site.port, bookings.requests(tokens, slugs), connections=bookings.CONNECTIONS).check()
    bookings.wait_until_mailed(site, made)


def _counted(url: str) -> Statements:
    found: Statements = defaultdict(Counted)
    for role, query, calls, rows, ms in _run(url, COUNTED):
        counted = found[role.removeprefix("headrow_"), shortened(query)]
        counted.calls, counted.rows, counted.ms = counted.calls + calls, counted.rows + rows, counted.ms + ms
    return found


def _as_role(url: str) -> str:
    """Return the address, as the role that a service's name stands in; the private server asks for no password."""
    there = urlsplit(url)
    return urlunsplit(there._replace(netloc=f"{ROLE}@{there.netloc.rpartition('@')[2]}"))


def _run(url: str, statement: str) -> list[tuple]:
    """Run a statement by the server's own user, and return its rows."""
    connection = psycopg2.connect(url)
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []
    finally:
        connection.close()


def shortened(query: str) -> str:
    """Return a statement in one short line: what is selected or set is left out, and so are the values."""
    words = " ".join(query.split())
    words = re.sub(r"^SELECT .*? FROM ", "SELECT … FROM ", words)
    words = re.sub(r"\$\d+(::\w+)?(, \$\d+(::\w+)?)*", "$…", words)
    words = re.sub(r"^(INSERT INTO [\w.\"]+) \(.*?\) VALUES .*?( ON CONFLICT| RETURNING|$)", r"\1\2", words)
    words = re.sub(r"^(UPDATE [\w.\"]+) SET .*? (WHERE|FROM) ", r"\1 SET … \2 ", words)
    return words if len(words) <= LONGEST else f"{words[:LONGEST]}…"


def _by_service(title: str, statements: Statements, number: int) -> Table:
    table = Table(title, "kinds", "calls", "rows", "ms")
    for services in (*((name,) for name in SERVICES), SERVICES):
        theirs = [counted for (service, _), counted in statements.items() if service in services]
        total = Counted(*(sum(getattr(one, field.name) for one in theirs) for field in fields(Counted)))
        table.add(services[0] if len(services) == 1 else "all services", figure(len(theirs)), *_cells(total, number))
    return table


def _one_by_one(statements: Statements, number: int) -> Table:
    table = Table("One statement after the other, for each booking: the slowest first", "calls", "rows", "ms")
    by_time = sorted(statements.items(), key=lambda one: -one[1].ms)
    shown = [one for one in by_time if max(one[1].calls, one[1].ms) > SELDOM * number]
    for (service, statement), counted in shown:
        table.add(f"{service}: {statement}", *_cells(counted, number))
    rest = len(by_time) - len(shown)
    table.note(f"and {rest} more, each no more than {SELDOM} times a booking, and {SELDOM} ms")
    return table


def _cells(counted: Counted, number: int) -> list[str]:
    return [figure(amount / number) for amount in (counted.calls, counted.rows, counted.ms)]
