"""Outages: the broker or the database is away, hangs, or breaks a connection, and nothing is lost."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

import eventlet
from sqlalchemy import text
from sqlalchemy.orm import Session as OrmSession

from services.bus import link, outbox, relay
from services.bus.entrypoints import Database, rpc, timer
from services.bus.refusals import Refusal
from tests.bus.scenarios.feeds import TAKEN, Feed
from tests.bus.scenarios.programme import everywhere, with_servers
from tests.bus.scenarios.proxy import Proxy
from tests.bus.scenarios.services import Echo, Hear, Pass, take_effect
from tests.bus.scenarios.system import System, an_event, at_once, eventually, forget_queues, links_of

CUT_EVERYBODY = text(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid() AND application_name LIKE 'headrow %'"
)


@with_servers
def services_start_while_the_broker_is_away(system: System) -> None:
    with Proxy(system.settings.bus, open=False) as proxy:
        system.start(Echo, Hear, bus=proxy.url, linked=False)
        eventlet.sleep(0.5)
        proxy.open()
        eventually(lambda: _answers(system))
        system.call("echo", "note", given={"text": "news"})
        eventually(lambda: system.effects("hear") == ["news"])


@with_servers
def a_call_without_a_broker_ends_soon_as_unavailable(system: System) -> None:
    system.start(Echo)
    with Proxy(system.settings.bus) as proxy:
        call = system.caller(bus=proxy.url)("echo").call
        assert call("say", given={"text": "hello"}).value["text"] == "hello"
        proxy.close()
        for _ in range(3):
            assert 0 <= _seconds_until_unavailable(lambda: call("say", given={"text": "hello"}, timeout=1)) < 1.5
        proxy.open()
        eventually(lambda: _quietly(lambda: call("say", given={"text": "hello"})))


@with_servers
def calls_end_by_their_deadline_while_the_broker_hangs(system: System) -> None:
    link.HEARTBEAT = 1
    system.start(Echo)
    with Proxy(system.settings.bus) as proxy:
        call = system.caller(bus=proxy.url)("echo").call
        call("health")
        proxy.stall()
        big = {"text": "x" * 50, "parts": [{"size": n} for n in range(200_000)]}  # more than the buffers hold
        took = at_once(
            5, lambda n: _seconds_until_unavailable(lambda: call("say", given=big if n else {"text": "x"}, timeout=1))
        )
        assert max(took) < 1.5
        eventlet.sleep(3)
        proxy.flow()
        eventually(lambda: _quietly(lambda: call("say", given={"text": "hello"})))


@with_servers
def nothing_is_lost_while_the_broker_hangs(system: System) -> None:
    link.HEARTBEAT, relay.CONFIRM_TIMEOUT = 1, 1.0
    with Proxy(system.settings.bus) as proxy:
        system.start(Echo, Hear, bus=proxy.url)
        wanted = [f"number {n}" for n in range(20)]
        direct = system.raw  # opened before
        for number, note in enumerate(wanted):
            if number == 5:
                proxy.stall()
            with system.database("echo") as db:
                _note(db, note)
        eventlet.sleep(4)
        assert direct.link.up
        proxy.flow()
        eventually(lambda: len(system.effects("hear")) >= 20, within=15)
        assert system.effects("hear") == wanted


@with_servers
def nothing_is_lost_of_what_a_broken_connection_swallowed(system: System) -> None:
    relay.IDLE = 0.05  # no bell rings for what a scenario announces by itself
    with Proxy(system.settings.bus) as proxy:
        system.start(Echo, Hear, bus=proxy.url)
        for number in range(20):
            if number == 10:
                proxy.stall()
            with system.database("echo") as db:
                _note(db, str(number))
        eventlet.sleep(0.5)  # the relay has written to the connection, and the broker has seen none of it
        proxy.cut()
        proxy.flow()
        eventually(lambda: len(system.effects("hear")) >= 20, within=4)  # sooner than it gives up waiting for confirms
        assert system.effects("hear") == [str(number) for number in range(20)]


@with_servers
def nothing_is_lost_or_doubled_while_connections_break(system: System) -> None:
    with Proxy(system.settings.bus) as proxy:
        system.start(Echo, Hear, bus=proxy.url)
        eventually(lambda: _answers(system))
        for number in range(60):
            with system.database("echo") as db:
                _note(db, str(number))
            if number % 20 == 10:
                proxy.cut()
            eventlet.sleep(0.02)
        eventually(lambda: len(system.effects("hear")) >= 60, within=15)
        assert sorted(system.effects("hear"), key=int) == [str(number) for number in range(60)]


@with_servers
def nobody_is_locked_out_by_a_connection_that_the_broker_still_believes_in(system: System) -> None:
    with Proxy(system.settings.bus) as proxy:
        system.start(Echo)
        system.start(Feed, bus=proxy.url)
        call = system.caller(bus=proxy.url)("echo").call
        eventually(lambda: Feed.heard == TAKEN)
        proxy.lose()
        eventually(lambda: Feed.heard == TAKEN * 2, within=4)
        eventually(lambda: _quietly(lambda: call("say", given={"text": "hello"}, timeout=1)), within=4)


@with_servers
def a_queue_that_somebody_deletes_is_made_again(system: System) -> None:
    system.start(Echo, Hear)
    forget_queues(system.settings.bus, {"echo", "hear"})
    eventually(lambda: _answers(system))

    def is_heard() -> bool:
        system.raw.event(an_event().to_json())
        return bool(system.effects("hear"))

    eventually(is_heard)


@everywhere
def a_link_that_breaks_is_mended(system: System) -> None:
    runner = system.start(Echo, Hear)
    for number in range(3):
        for link_ in links_of(runner):
            link_.renew()
        eventually(lambda: _answers(system))
        system.call("echo", "note", given={"text": str(number)})
        eventually(lambda wanted=number: str(wanted) in system.effects("hear"))
    assert system.effects("hear") == ["0", "1", "2"]


@everywhere
def a_relay_whose_connection_breaks_before_the_confirm_sends_again(system: System) -> None:
    """In memory nothing is safe, so an event is confirmed there when all who read it have stored it."""
    system.prepare(Echo, Hear)
    runner = system.start(Echo)
    for note in ("one", "two"):
        system.call("echo", "note", given={"text": note})
        eventlet.sleep(0.1)
        for link_ in links_of(runner):
            link_.renew()
        eventlet.sleep(0.3)
    assert not system.settings.embedded or [row.published_at for row in system.outbox("echo")] == [None, None]
    system.start(Hear)
    eventually(lambda: system.effects("hear") == ["one", "two"], within=3)
    eventually(lambda: all(row.published_at for row in system.outbox("echo")), within=3)


class Patient:
    """Does things in its database, and counts how often it set about it."""

    name = "patient"
    database = Database()
    attempts: ClassVar[list[str]] = []
    ticks: ClassVar[list[float]] = []

    @rpc()
    def doze(self, db: OrmSession) -> str:
        self.attempts.append("doze")
        take_effect(db, "dozed")
        db.execute(text("SELECT pg_sleep(0.5)"))
        return "woke up"

    @timer(0.2)
    def tick(self, db: OrmSession) -> None:
        db.execute(text("SELECT 1"))
        self.ticks.append(time.monotonic())


@with_servers
def services_start_while_the_database_is_away(system: System) -> None:
    system.prepare(Patient, Echo, Hear)
    with Proxy(system.settings.database, open=False) as proxy:
        system.start(Patient, Echo, Hear, prepared=True, database=proxy.url)
        for _ in range(2):
            assert _seconds_until_unavailable(lambda: system.call("echo", "note", given={"text": "early"})) < 4
        proxy.open()
        eventually(lambda: _quietly(lambda: system.call("echo", "note", given={"text": "news"})))
        eventually(lambda: system.effects("hear") == ["news"])
        eventually(lambda: Patient.ticks)
    assert system.effects("echo") == ["news"]


@with_servers
def services_start_before_their_tables_are_there(system: System) -> None:
    """As where everything is started at once, the migration among them."""
    system.learn(Echo, Hear)
    system.start(Echo, Hear, prepared=True)
    system.raw.event(an_event("early").to_json())
    eventlet.sleep(1)
    system.prepare(Echo, Hear)
    eventually(lambda: system.effects("hear") == ["early"])
    system.call("echo", "note", given={"text": "news"})
    eventually(lambda: system.effects("hear") == ["early", "news"])


@with_servers
def a_call_survives_the_loss_of_its_database_connection(system: System) -> None:
    system.start(Patient)
    eventually(lambda: Patient.ticks)
    doze = eventlet.spawn(system.call, "patient", "doze")
    eventually(lambda: Patient.attempts)
    eventlet.sleep(0.1)
    _cut_everybody(system)
    assert doze.wait().value == "woke up"
    assert len(Patient.attempts) == 2
    assert system.effects("patient") == ["dozed"]
    ticks = len(Patient.ticks)
    eventually(lambda: len(Patient.ticks) > ticks + 2)


@with_servers
def events_survive_the_loss_of_database_connections(system: System) -> None:
    system.start(Echo, Hear, Pass)
    eventually(lambda: _answers(system))
    for number in range(60):
        with system.database("echo") as db:
            _note(db, str(number))
        if number % 20 == 10:
            _cut_everybody(system)
        eventlet.sleep(0.01)
    eventually(lambda: len(system.effects("hear")) >= 60, within=15)
    assert sorted(system.effects("hear"), key=int) == [str(number) for number in range(60)]
    eventually(lambda: len(system.effects("pass")) == 60)


@with_servers
def events_wait_at_the_broker_while_the_database_is_away(system: System) -> None:
    system.prepare(Echo, Hear)
    with Proxy(system.settings.database) as proxy:
        system.start(Hear, prepared=True, database=proxy.url)
        system.start(Echo)
        system.call("echo", "note", given={"text": "before"})
        eventually(lambda: system.effects("hear") == ["before"])
        proxy.close()
        for text_ in ("during", "still during"):
            system.call("echo", "note", given={"text": text_})
        eventually(lambda: all(row.published_at for row in system.outbox("echo")))
        eventlet.sleep(1)
        proxy.open()
        eventually(lambda: system.effects("hear") == ["before", "during", "still during"], within=15)


@with_servers
def calls_end_by_their_deadline_while_the_database_hangs(system: System) -> None:
    system.prepare(Echo)
    with Proxy(system.settings.database) as proxy:
        system.start(Echo, prepared=True, database=proxy.url)
        eventually(lambda: _answers(system))
        proxy.stall()
        took = at_once(20, lambda _: _seconds_until_unavailable(lambda: system.call("echo", "health", timeout=1)))
        assert max(took) < 1.5
        proxy.flow()
        eventually(lambda: _answers(system))


@with_servers
def nothing_is_lost_while_the_broker_has_no_memory(system: System) -> None:
    """Whoever has this played raises the alarm when asked to, and ends it."""
    relay.CONFIRM_TIMEOUT = 1.0
    system.start(Echo, Hear)
    eventually(lambda: _answers(system))
    _ask_for(system.settings.data, "alarm")
    for number in range(20):
        with system.database("echo") as db:
            _note(db, str(number))
    assert _seconds_until_unavailable(lambda: system.call("echo", "health", timeout=1)) < 1.5
    eventlet.sleep(2)
    _ask_for(system.settings.data, "calm")
    eventually(lambda: len(system.effects("hear")) >= 20, within=15)
    assert system.effects("hear") == [str(number) for number in range(20)]
    eventually(lambda: _answers(system))


def _ask_for(folder: Path, what: str) -> None:
    (folder / f"wants-{what}").touch()
    eventually(lambda: (folder / f"has-{what}").exists(), within=15)


def _note(db: OrmSession, note: str) -> None:
    outbox.announce(db, "echo.noted.v1", "notes", 1, {"text": note})


def _cut_everybody(system: System) -> None:
    system.let_go()
    with system.database("public") as db:
        db.execute(CUT_EVERYBODY)


def _answers(system: System) -> bool:
    return _quietly(lambda: system.call("echo", "health", timeout=1))


def _quietly(call: Callable[[], object]) -> bool:
    try:
        call()
    except Refusal as refusal:
        if refusal.code != "unavailable":
            raise
        return False
    return True


def _seconds_until_unavailable(call: Callable[[], object]) -> float:
    began = time.monotonic()
    assert not _quietly(call)
    return time.monotonic() - began
