"""The SQL of one booking, taken down while one is made, and replayed by pgbench: what PostgreSQL alone can do."""

import os
import re
import subprocess
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event, select, text

from benchmarks import seed
from benchmarks.load import Broken
from services.bus.models import outbox
from services.registration import events
from services.registration.accounts import people, tokens
from services.registration.places import sessions
from services.registration.service import Registration
from services.runtime import clock
from services.runtime.database import Transactions, open_engine
from services.runtime.migrations import migrate
from services.runtime.schemas import load as load_schema
from services.runtime.settings import Settings
from tests.servers import installed, postgresql

CLIENTS = 8
KEY = "the-key-that-was-sent"


@dataclass(frozen=True)
class Amount:
    """How many transactions each client makes, and over how many sessions."""

    transactions: int
    sessions: int


AMOUNTS = {
    "full": Amount(1000, seed.SESSIONS["full"]),
    "quick": Amount(100, seed.SESSIONS["quick"]),
    "tiny": Amount(5, seed.SESSIONS["tiny"]),
}


def measure(amount: Amount) -> tuple[dict[str, float], int]:
    """Return the transactions a second, spread over all sessions and in one, and how many statements each has."""
    with postgresql() as url, tempfile.TemporaryDirectory() as folder:
        engine = open_engine(url, schema="registration")
        migrate(engine, "registration")
        database = Transactions(engine)
        add_sessions(database, amount.sessions)
        _book(database, [])  # the first one has the dialect ask the server what it can do
        names = _book(database, statements := [])
        add_people(database, CLIENTS * amount.transactions)
        engine.dispose()
        rates = {}
        runs = {"spread": f"random(0, {amount.sessions - 1})", "hot": str(amount.sessions)}
        for run, (name, session) in enumerate(runs.items()):
            script = Path(folder) / f"{name}.sql"
            script.write_text(_script(statements, names, session, run, amount.transactions))
            rates[name] = _run(url, script, amount.transactions)
        return rates, len(statements)


def add_sessions(database: Transactions, number: int) -> None:
    """Add the sessions that the runs book, called by number, and one to take down a booking of."""
    start = clock.now() + timedelta(days=60)
    for slug in [*(f"session-{n}" for n in range(number + 1)), seed.HOT]:
        told = {**seed.session(slug, start, 100_000), "programme": "many", "status": "published", "version": 1}
        with database.begin() as db:
            sessions.keep(db, load_schema(events.SessionRead(), told), clock.now())


def add_people(database: Transactions, number: int, hash_of: Callable[[int], str] = "token-{}".format) -> None:
    """Add people who are called by number, and their tokens, under what is kept of each."""
    now = clock.now()
    issued = [{"hash": hash_of(n), "person": f"person-{n}", "now": now} for n in range(1, number + 1)]
    with database.begin() as db:
        db.execute(text(PEOPLE), {"now": now, "number": number})
        db.execute(text(TOKEN), issued)


PEOPLE = """
    INSERT INTO people (id, email, name, sector, granted, created_at, version)
    SELECT 'person-' || n, n || '@example.org', 'Person ' || n, 'social_care', '[]', :now, 1
    FROM generate_series(1, :number) AS n
"""
TOKEN = """
    INSERT INTO tokens (hash, person_id, created_at, expires_at)
    VALUES (:hash, :person, :now, CAST(:now AS timestamptz) + interval '1 day')
"""


def _book(database: Transactions, statements: list[str]) -> dict[str, str]:
    """Book as registration does when it is called, and take down its statements.

    Returns what differs from booking to booking, and the variable that stands for it.
    """
    with database.begin() as db:
        person = people.ensure_account(db, f"{uuid.uuid4()}@example.org", clock.now())
        person.name, person.sector = "A Person", seed.SECTOR
        token, _ = tokens.issue(db, person, clock.now())
    registration: Any = Registration()
    registration.database, registration.settings = database, Settings()
    caller, given = {"token": tokens.hash_of(token)}, {"session": seed.HOT, "mode": "online", "access_needs": None}
    with _taking_down(database.engine, statements):
        reply = registration.book(caller=caller, given=given, key=KEY)
    if reply.refusal:
        raise Broken(f"the booking to take down was refused: {reply.refusal}")
    with database.begin() as db:
        event_id = db.scalar(select(outbox.c.event_id).order_by(outbox.c.position.desc()).limit(1))
    return {
        tokens.kept_of(caller["token"]): "token-:person",
        caller["token"]: "older-token-:person",
        person.id: "person-:person",
        seed.HOT: "session-:session",
        reply.value["reference"]: ":reference",
        str(event_id): "event-:reference",
        KEY: "key-:session",
    }


@contextmanager
def _taking_down(engine: Engine, statements: list[str]) -> Iterator[None]:
    """Add every statement to the list, as the server gets it."""
    listeners = {
        "begin": lambda *_: statements.append("BEGIN"),
        "before_cursor_execute": lambda _c, cursor, statement, parameters, *_: statements.append(
            cursor.mogrify(statement, parameters).decode()
        ),
        "commit": lambda *_: statements.append("COMMIT"),
    }
    for name, listener in listeners.items():
        event.listen(engine, name, listener)
    yield
    for name, listener in listeners.items():
        event.remove(engine, name, listener)


def _script(statements: list[str], names: dict[str, str], session: str, run: int, transactions: int) -> str:
    """Return the statements as a script for pgbench: each transaction books for another person."""
    lines = [f"{' '.join(statement.split())};" for statement in statements]
    for literal, variable in names.items():
        lines = [line.replace(literal, variable) for line in lines]
    settings = [
        "\\set n :n + 1",
        f"\\set person :client_id * {transactions} + :n",
        f"\\set reference 10000000000 + {run} * 1000000 + :person",
        f"\\set session {session}",
    ]
    return "\n".join([*settings, *lines])


def _run(url: str, script: Path, transactions: int) -> float:
    """Run the script with one process of pgbench, and return the transactions a second. Raises Broken."""
    command = [str(installed.POSTGRESQL.found() / "pgbench"), "--no-vacuum", f"--client={CLIENTS}", f"--file={script}"]
    command += [f"--transactions={transactions}", "--define=n=0", url]
    done = subprocess.run(
        command, env={**os.environ, "PGOPTIONS": "-c search_path=registration"}, capture_output=True, text=True
    )
    found = re.search(r"^tps = ([0-9.]+)", done.stdout, re.MULTILINE)
    if done.returncode or found is None:
        raise Broken(f"pgbench failed: {done.stderr[-1000:]}")
    return float(found[1])
