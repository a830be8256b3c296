"""Endings: what is under way is finished, and nothing more is taken."""

import os
import signal
import time
from collections.abc import Callable
from typing import ClassVar

import eventlet
import pytest
from sqlalchemy.orm import Session as OrmSession

from services.bus import runner
from services.bus.entrypoints import Database, rpc, subscribe, timer, worker_loop
from services.bus.envelope import Envelope
from services.runtime.refusals import Unavailable
from tests.bus.scenarios.programme import everywhere, with_servers
from tests.bus.scenarios.proxy import Proxy
from tests.bus.scenarios.services import Echo, Hear, Note, Noted, take_effect
from tests.bus.scenarios.system import System, an_event, eventually

SOON = 20  # seconds: on a busy machine, and before whoever stops a process kills it


class Slow:
    """Takes its time, before it touches its database."""

    name = "slow"
    database = Database()
    begun: ClassVar[list[str]] = []

    @rpc(Note)
    def note(self, db: OrmSession, given: dict[str, str]) -> str:
        self.begun.append(given["text"])
        eventlet.sleep(0.3)
        take_effect(db, given["text"])
        return "noted"

    @subscribe("echo.noted.v1", reads=Noted)
    def hear(self, db: OrmSession, event: Envelope) -> None:
        self.begun.append(event.data["text"])
        eventlet.sleep(0.3)
        take_effect(db, event.data["text"])

    @timer(0.05)
    def tick(self, db: OrmSession) -> None:
        take_effect(db, "tick")

    @worker_loop(idle=0.05)
    def carry(self) -> bool:
        self.begun.append("carried")
        return False


class Crowded:
    """Has two workers, and much to do."""

    name = "crowded"
    workers = 2
    database = Database()
    begun: ClassVar[list[float]] = []

    @rpc()
    def wait(self, db: OrmSession) -> str:
        self.begun.append(time.monotonic())
        eventlet.sleep(0.05)
        return "waited"


@everywhere
def a_call_that_is_under_way_is_answered(system: System) -> None:
    runner = system.start(Slow)
    call = eventlet.spawn(system.call, "slow", "note", given={"text": "under way"})
    eventually(lambda: "under way" in Slow.begun)
    runner.stop()
    assert call.wait().value == "noted"
    with pytest.raises(Unavailable):
        system.call("slow", "note", given={"text": "too late"}, timeout=0.5)
    assert "too late" not in Slow.begun


@everywhere
def every_call_that_was_taken_is_answered(system: System) -> None:
    """More calls than workers: the rest are left to whoever comes next."""
    runner = system.start(Crowded)
    calls = [eventlet.spawn(system.call, "crowded", "wait", timeout=10) for _ in range(25)]
    eventually(lambda: Crowded.begun)
    eventlet.sleep(0.1)
    runner.stop()
    answered = len(Crowded.begun)
    assert answered < 25
    system.start(Crowded)
    assert [call.wait().value for call in calls] == ["waited"] * 25
    assert len(Crowded.begun) == 25


@everywhere
def an_event_that_is_under_way_is_finished_and_the_next_is_left(system: System) -> None:
    runner = system.start(Slow)
    for text in ("first", "second", "third"):
        system.raw.event(an_event(text).to_json())
    eventually(lambda: "first" in Slow.begun)
    eventlet.sleep(0.1)
    runner.stop()
    assert [effect for effect in system.effects("slow") if effect != "tick"] == ["first"]
    system.start(Slow)
    eventually(lambda: [e for e in system.effects("slow") if e != "tick"] == ["first", "second", "third"])
    assert Slow.begun.count("first") == 1


@everywhere
def a_process_shows_that_it_is_alive_until_it_is_stopped(system: System) -> None:
    runner.LIFE_SIGN = 0.1
    sign = system.settings.data / "alive"
    running = system.start(Echo, alive=sign)
    for _ in range(2):
        eventually(sign.exists)
        sign.unlink()
    running._end(None)  # as a signal does
    running.stop()
    sign.unlink(missing_ok=True)
    eventlet.sleep(0.5)
    assert not sign.exists()


@everywhere
def nothing_runs_by_itself_after_a_stop(system: System) -> None:
    runner = system.start(Slow)
    eventually(lambda: "tick" in system.effects("slow") and "carried" in Slow.begun)
    runner.stop()
    before = (system.effects("slow"), list(Slow.begun))
    eventlet.sleep(0.3)
    assert (system.effects("slow"), Slow.begun) == before


@everywhere
def a_process_ends_when_it_is_asked_to(system: System) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        runner = system.start(Echo, Hear)
        ended = eventlet.spawn(runner.run_until_stopped)
        system.call("echo", "note", given={"text": "news"})
        os.kill(os.getpid(), number)
        assert ended.wait() == 0
        assert not any(container.started for container in runner.containers)


@everywhere
def a_process_ends_when_one_of_its_services_dies(system: System) -> None:
    runner = system.start(Echo, Hear)
    ended = eventlet.spawn(runner.run_until_stopped)
    eventlet.sleep(0.1)
    try:
        raise MemoryError("no more")
    except MemoryError as error:
        runner.containers[0].kill((type(error), error, None))
    assert ended.wait() == 1


@with_servers
def a_process_ends_soon_though_the_broker_is_away(system: System) -> None:
    with Proxy(system.settings.bus) as proxy:
        runner = system.start(Echo, Hear, bus=proxy.url)
        eventlet.sleep(0.3)
        proxy.close()
        eventlet.sleep(0.2)
        assert _seconds(runner.stop) < SOON


@with_servers
def a_process_ends_soon_though_the_broker_hangs(system: System) -> None:
    with Proxy(system.settings.bus) as proxy:
        runner = system.start(Echo, Hear, bus=proxy.url)
        eventlet.sleep(0.3)
        proxy.stall()
        assert _seconds(runner.stop) < SOON


@with_servers
def a_process_ends_soon_though_the_database_is_away(system: System) -> None:
    system.prepare(Echo, Hear)
    with Proxy(system.settings.database) as proxy:
        runner = system.start(Echo, Hear, prepared=True, database=proxy.url)
        eventlet.sleep(0.3)
        proxy.close()
        eventlet.sleep(0.2)
        assert _seconds(runner.stop) < SOON


def _seconds(do: Callable[[], None]) -> float:
    began = time.monotonic()
    do()
    return time.monotonic() - began
