"""What grows with the number of sessions: a gateway's memory and lists, and how the places left are announced."""

import statistics
import time
import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import text

from benchmarks import seed
from benchmarks.report import Table, figure
from gateway.projection import lists
from gateway.projection.events import PLACES_CHANGED
from gateway.projection.read_model import ReadModel, load_places, thing_of
from services.registration import events
from services.registration.models import Session
from services.registration.places import figures, sessions
from services.runtime import clock
from services.runtime.database import Transactions, open_engine
from services.runtime.migrations import migrate
from services.runtime.schemas import load
from tests.servers import postgresql

RUNS = 20
CHANGED = 10  # sessions in an event of places left


@dataclass(frozen=True)
class Amount:
    """How many sessions a gateway holds, and how many registration has."""

    held: int
    announced: tuple[int, ...]


AMOUNTS = {
    "full": Amount(5000, (1000, 10_000, 100_000)),
    "quick": Amount(1000, (1000, 10_000)),
    "tiny": Amount(50, (50, 100)),
}


def gateway(amount: Amount) -> Table:
    """Return what a gateway keeps of each session, and what it takes to list all and to hear of their places."""
    table = Table(f"A gateway that holds {amount.held:,} sessions", "each", "all")
    model = ReadModel()
    tracemalloc.start()
    with model.snapshot() as state:
        for number in range(amount.held):
            name = seed.slug_of(number)
            state.put("sessions", name, thing_of("sessions", 1, _session(number)))
            state.put_places(*load_places(_places(number, 1)))
    lists.sessions(model, {"q": "systems"}, clock.now())  # which keeps the words of each
    kept = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    table.add("memory", figure(kept / amount.held / 1000, " kB"), figure(kept / 1e6, " MB"))
    listed = _median(lambda _: lists.sessions(model, {}, clock.now()))
    table.add("a list of those to come", figure(listed * 1000 / amount.held, " µs"), figure(listed, " ms"))
    heard = _median(lambda run: model.hear(PLACES_CHANGED, "figures", run, {"changed": _changed(run)}))
    table.add(f"an event of the places left in {CHANGED}", figure(heard / CHANGED, " ms"), figure(heard, " ms"))
    return table


def registration(amount: Amount) -> Table:
    """Return what it takes registration to announce the places left in one session, among so many."""
    table = Table("Announcing the places left in one session, on PostgreSQL", "each time")
    with postgresql() as url:
        engine = open_engine(url, schema="registration")
        migrate(engine, "registration")
        database = Transactions(engine)
        _add_sessions(database)
        for number in amount.announced:
            _add_copies(database, number)
            took = _median(lambda _: _announce(database))
            table.add(f"among {number:,} sessions", figure(took, " ms"))
        engine.dispose()
    return table


def _median(do: Callable[[int], Any]) -> float:
    """Return the median of the milliseconds that it takes."""
    took = []
    for run in range(RUNS):
        began = time.perf_counter()
        do(run + 2)
        took.append(time.perf_counter() - began)
    return statistics.median(took) * 1000


def _session(number: int) -> dict[str, Any]:
    start = clock.now() + timedelta(days=1, hours=number)
    written = seed.session(seed.slug_of(number), start, 1000)
    speakers = [{"slug": slug, "name": "Myron Rogers"} for slug in written["speakers"]]
    meetings = [{**meeting, "id": number, "place": None} for meeting in written["meetings"]]
    named = {"programme": "many", "status": "published", "version": 1}
    return {**written, **named, "speakers": speakers, "meetings": meetings}


def _places(number: int, version: int) -> dict[str, Any]:
    each = {mode: {"capacity": 1000, "left": 1000 - version} for mode in ("in_room", "online")}
    now = {"from": None, "in_room": 0, "online": 1000 - version}
    named = {"version": version, "catalogue_version": 1, "waiting": 0, "held": {}, "over": {"in_room": 0, "online": 0}}
    return {"session": seed.slug_of(number), "places": each, "open": [now], **named}


def _changed(version: int) -> list[dict[str, Any]]:
    return [_places(number, version) for number in range(CHANGED)]


def _add_sessions(database: Transactions) -> None:
    told = {**seed.session(seed.HOT, clock.now() + timedelta(days=60), 1000), "programme": "many"}
    with database.begin() as db:
        sessions.keep(db, load(events.SessionRead(), {**told, "status": "published", "version": 1}), clock.now())


def _add_copies(database: Transactions, number: int) -> None:
    """Have so many sessions there, like the first, whose places are all announced."""
    columns = [column.name for column in Session.__table__.columns if column.name != "slug"]
    names = ", ".join(columns)
    with database.begin() as db:
        copied = f"INSERT INTO sessions (slug, {names}) SELECT 'copy-' || n, {names} FROM sessions, "
        copied += "generate_series(1, :number) AS n WHERE slug = :hot ON CONFLICT DO NOTHING"
        db.execute(text(copied), {"number": number - 1, "hot": seed.HOT})
        told = "INSERT INTO places_announced (session_slug, version) SELECT slug, version FROM sessions"
        db.execute(text(f"{told} ON CONFLICT DO NOTHING"))
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))


def _announce(database: Transactions) -> None:
    with database.begin() as db:
        db.execute(text("UPDATE sessions SET version = version + 1 WHERE slug = :hot"), {"hot": seed.HOT})
    with database.begin() as db:
        figures.announce(db, clock.now())
