"""Several processes of one service: one relays at a time, and the others lose nothing by it."""

import time

import eventlet
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from services.bus import leader_lock, relay
from services.bus.broker import WakeEvent
from services.bus.extensions import database_of
from services.bus.outbox import announce
from services.bus.runner import Runner
from tests.bus.scenarios.feeds import Feed
from tests.bus.scenarios.programme import with_servers
from tests.bus.scenarios.services import Echo, Hear
from tests.bus.scenarios.system import System, at_once, eventually

ADVISORY_LOCKS = (
    "FROM pg_locks WHERE locktype = 'advisory'"
    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)


@with_servers
def what_any_process_commits_is_relayed_soon(system: System) -> None:
    relay.IDLE = 30.0  # so that only the news of a commit can wake a relay
    leader_lock.STANDS_STILL_AFTER = 600
    runners = [system.start(Echo), system.start(Echo)]
    system.start(Hear)
    for runner in runners:
        _wait_until_handled(system, runner)


@with_servers
def one_process_relays_at_a_time(system: System) -> None:
    system.start(Feed)
    for _ in range(3):
        system.start(Echo)
    eventually(lambda: "snapshot taken" in Feed.heard)
    at_once(10, lambda n: [system.call("echo", "note", given={"text": f"{n}.{m}"}, timeout=20) for m in range(10)])
    eventually(lambda: len(Feed.heard) >= 102)
    eventlet.sleep(0.2)
    assert sorted(Feed.heard[2:]) == sorted(f"{n}.{m}" for n in range(10) for m in range(10))
    assert _holders(system) == 1


@with_servers
def another_process_takes_over_from_one_that_stops(system: System) -> None:
    first, second = system.start(Echo), system.start(Echo)
    system.start(Hear)
    _wait_until_handled(system, first)
    first.stop()
    _wait_until_handled(system, second)


@with_servers
def another_process_takes_over_from_one_that_lost_its_connection(system: System) -> None:
    runners = [system.start(Echo), system.start(Echo)]
    system.start(Hear)
    _wait_until_handled(system, runners[0])
    with system.database("public") as db:
        db.execute(text(f"SELECT pg_terminate_backend(pid) {ADVISORY_LOCKS}"))
    for runner in runners:
        _wait_until_handled(system, runner)
    system.start(Feed)
    eventually(lambda: "snapshot taken" in Feed.heard)
    at_once(10, lambda n: [system.call("echo", "note", given={"text": f"{n}.{m}"}, timeout=20) for m in range(5)])
    eventually(lambda: len(Feed.heard) >= 52)
    assert len(Feed.heard) == 52  # and nothing twice, as if both went on relaying


@with_servers
def another_process_takes_over_from_one_that_stands_still(system: System) -> None:
    leader_lock.STANDS_STILL_AFTER = 1
    with system.transactions("public").engine.connect() as frozen:
        key = {"name": "headrow_echo"}
        assert frozen.scalar(text("SELECT pg_try_advisory_lock(hashtextextended(:name, 0))"), key)
        frozen.commit()
        system.start(Hear)
        _wait_until_handled(system, system.start(Echo))
        frozen.invalidate()


@with_servers
def who_has_lost_the_turn_can_mark_nothing(system: System) -> None:
    system.prepare(Echo)
    transactions = system.transactions("echo")
    with leader_lock.lead(transactions, "test", WakeEvent()) as leadership:
        with leadership.begin() as connection:
            pid = connection.scalar(text("SELECT pg_backend_pid()"))
        with transactions.begin() as db:
            db.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": pid})
        with pytest.raises(DBAPIError), leadership.begin() as connection:
            connection.execute(text("DELETE FROM outbox"))


@with_servers
def two_processes_share_the_events_of_one_service(system: System) -> None:
    system.start(Echo)
    for _ in range(2):
        system.start(Hear)
    with system.database("echo") as db:
        for number in range(200):
            announce(db, "echo.noted.v1", "notes", number, {"text": str(number)})
    eventually(lambda: len(system.effects("hear")) >= 200)
    assert sorted(system.effects("hear"), key=int) == [str(number) for number in range(200)]


def _wait_until_handled(system: System, runner: Runner) -> None:
    """Announce something in this very process, and wait until Hear has handled it."""
    note = f"at {time.monotonic()}"
    with database_of(runner.containers[0]).transactions.begin() as db:
        announce(db, "echo.noted.v1", "notes", 1, {"text": note})
    eventually(lambda: note in system.effects("hear"))


def _holders(system: System) -> int:
    with system.database("public") as db:
        return db.scalar(text(f"SELECT count(*) {ADVISORY_LOCKS} AND granted")) or 0
