"""Outages of the broker: it is away, hangs, or breaks a connection, and nothing is lost."""

import random
import sys
import time
from collections.abc import Callable
from pathlib import Path

import eventlet
from sqlalchemy.orm import Session as OrmSession

from services.bus import broker, outbox, relay
from services.runtime.refusals import Refusal
from tests.bus.scenarios.feeds import TAKEN, Feed
from tests.bus.scenarios.programme import everywhere, with_servers
from tests.bus.scenarios.proxy import Proxy
from tests.bus.scenarios.services import Echo, Hear
from tests.bus.scenarios.system import System, an_event, at_once, connections_of, eventually, forget_queues

SOON = 4  # seconds that a call with a deadline of one may take on a busy machine: less than the five of most calls


@with_servers
def services_start_while_the_broker_is_away(system: System) -> None:
    with Proxy(system.settings.bus, open=False) as proxy:
        system.start(Echo, Hear, bus=proxy.url, linked=False)
        eventlet.sleep(0.5)
        proxy.open()
        eventually(lambda: answers(system))
        system.call("echo", "note", given={"text": "news"})
        eventually(lambda: system.effects("hear") == ["news"])


@with_servers
def another_node_of_the_broker_is_tried_where_one_is_away(system: System) -> None:
    with Proxy(system.settings.bus) as one, Proxy(system.settings.bus, open=False) as another:
        nodes = f"{one.url};{another.url}"
        system.start(Echo, Hear, bus=nodes)
        call = system.caller(bus=nodes)("echo").call
        call("note", given={"text": "before"})
        one.close()
        another.open()
        eventually(lambda: is_available(lambda: call("note", given={"text": "after"})))
        eventually(lambda: system.effects("hear")[:1] + system.effects("hear")[-1:] == ["before", "after"])


@with_servers
def a_call_without_a_broker_ends_soon_as_unavailable(system: System) -> None:
    system.start(Echo)
    with Proxy(system.settings.bus) as proxy:
        call = system.caller(bus=proxy.url)("echo").call
        assert call("say", given={"text": "hello"}).value["text"] == "hello"
        proxy.close()
        for _ in range(3):
            assert 0 <= seconds_until_unavailable(lambda: call("say", given={"text": "hello"}, timeout=1)) < SOON
        proxy.open()
        eventually(lambda: is_available(lambda: call("say", given={"text": "hello"})))


@with_servers
def calls_end_by_their_deadline_while_the_broker_hangs(system: System) -> None:
    broker.HEARTBEAT = 1
    system.start(Echo)
    with Proxy(system.settings.bus) as proxy:
        call = system.caller(bus=proxy.url)("echo").call
        call("health")
        proxy.stall()
        big = {"text": "x" * 50, "parts": [{"size": n} for n in range(200_000)]}  # more than the buffers hold
        took = at_once(
            5, lambda n: seconds_until_unavailable(lambda: call("say", given=big if n else {"text": "x"}, timeout=1))
        )
        assert max(took) < SOON
        eventlet.sleep(3)
        proxy.flow()
        eventually(lambda: is_available(lambda: call("say", given={"text": "hello"})))


@with_servers
def nothing_is_lost_while_the_broker_hangs(system: System) -> None:
    broker.HEARTBEAT, relay.CONFIRM_TIMEOUT = 1, 1.0
    with Proxy(system.settings.bus) as proxy:
        system.start(Echo, Hear, bus=proxy.url)
        wanted = [f"number {n}" for n in range(20)]
        direct = system.raw  # opened before
        for number, wording in enumerate(wanted):
            if number == 5:
                proxy.stall()
            with system.database("echo") as db:
                note(db, wording)
        eventlet.sleep(4)
        assert direct.broker.up
        proxy.flow()
        eventually(lambda: len(system.effects("hear")) >= 20)
        assert system.effects("hear") == wanted


@with_servers
def nothing_is_lost_of_what_a_broken_connection_swallowed(system: System) -> None:
    relay.IDLE = 0.05  # nothing wakes it for what a scenario announces by itself
    relay.CONFIRM_TIMEOUT = 60.0  # it must not be this that helps
    with Proxy(system.settings.bus) as proxy:
        system.start(Echo, Hear, bus=proxy.url)
        for number in range(20):
            if number == 10:
                proxy.stall()
            with system.database("echo") as db:
                note(db, str(number))
        eventlet.sleep(0.5)  # the relay has written to the connection, and the broker has seen none of it
        proxy.cut()
        proxy.flow()
        eventually(lambda: len(system.effects("hear")) >= 20)
        assert system.effects("hear") == [str(number) for number in range(20)]


@with_servers
def nothing_is_lost_or_doubled_while_connections_break(system: System) -> None:
    with Proxy(system.settings.bus) as proxy:
        system.start(Echo, Hear, bus=proxy.url)
        eventually(lambda: answers(system))
        for number in range(60):
            with system.database("echo") as db:
                note(db, str(number))
            if number % 20 == 10:
                proxy.cut()
            eventlet.sleep(0.02)
        eventually(lambda: len(system.effects("hear")) >= 60)
        assert sorted(system.effects("hear"), key=int) == [str(number) for number in range(60)]


@with_servers
def nothing_is_lost_or_doubled_while_connections_are_cut_in_the_middle_of_what_they_say(system: System) -> None:
    chance = random.Random(15)
    sizes = iter([chance.randrange(500, 15_000) for _ in range(20)])  # to open a connection takes 1,500, a call 700
    with Proxy(system.settings.bus) as proxy:
        proxy.most = lambda: next(sizes, sys.maxsize)
        system.start(Echo, Hear, bus=proxy.url, linked=False)
        call = system.caller(bus=proxy.url, linked=False)("echo").call

        def insist(number: int) -> None:
            keyed = {"given": {"text": str(number)}, "key": str(number), "caller": {"id": "ann"}, "timeout": 1}
            eventually(lambda: is_available(lambda: call("note", **keyed)))

        for first in range(0, 24, 4):
            at_once(4, lambda number, first=first: insist(first + number))
        assert proxy.connections > 8, "some were cut"
        proxy.most = None
        proxy.cut()
        eventually(lambda: len(system.effects("hear")) >= 24)
        wanted = [str(number) for number in range(24)]
        assert sorted(system.effects("echo"), key=int) == sorted(system.effects("hear"), key=int) == wanted


@with_servers
def a_connection_that_is_given_up_while_it_is_being_made_leaves_none_behind(system: System) -> None:
    """It would be one that nobody reads: what the broker sends to its consumers waits for the heartbeat to fail."""
    broker.HEARTBEAT = 600
    with Proxy(system.settings.bus) as proxy:
        connections = connections_of(system.start(Echo, Hear, bus=proxy.url))
        for _ in range(100):
            for connection in connections:
                connection.renew()
            eventlet.sleep(0.007)
        assert proxy.connections > 2 * len(connections)
        assert all(connection.wait_until_up(30) for connection in connections)
        eventually(lambda: proxy.open_connections == len(connections))
        system.call("echo", "note", given={"text": "news"})
        eventually(lambda: system.effects("hear") == ["news"])


@with_servers
def nobody_is_locked_out_by_a_connection_that_the_broker_still_believes_in(system: System) -> None:
    broker.HEARTBEAT = 60  # it must not be this that lets us in
    with Proxy(system.settings.bus) as proxy:
        system.start(Echo)
        system.start(Feed, bus=proxy.url)
        call = system.caller(bus=proxy.url)("echo").call
        eventually(lambda: Feed.heard == TAKEN)
        proxy.lose()
        eventually(lambda: Feed.heard == TAKEN * 2)
        eventually(lambda: is_available(lambda: call("say", given={"text": "hello"}, timeout=1)))


@with_servers
def a_queue_that_somebody_deletes_is_made_again(system: System) -> None:
    system.start(Echo, Hear)
    forget_queues(system.settings.bus, {"echo", "hear"})
    eventually(lambda: answers(system))

    def is_heard() -> bool:
        system.raw.event(an_event().to_json())
        return bool(system.effects("hear"))

    eventually(is_heard)


@with_servers
def queues_that_nobody_has_made_yet_are_made_by_those_who_write_to_them(system: System) -> None:
    system.prepare(Echo, Hear)
    forget_queues(system.settings.bus, {"echo", "hear"})
    system.start(Echo, prepared=True)
    call = system.caller()("echo").call
    call("note", given={"text": "news"})
    eventually(lambda: all(row.published_at for row in system.outbox("echo")))
    system.start(Hear, prepared=True)
    eventually(lambda: system.effects("hear") == ["news"])


@everywhere
def a_link_that_breaks_is_mended(system: System) -> None:
    runner = system.start(Echo, Hear)
    for number in range(3):
        for link_ in connections_of(runner):
            link_.renew()
        eventually(lambda: answers(system))
        system.call("echo", "note", given={"text": str(number)})
        eventually(lambda wanted=number: str(wanted) in system.effects("hear"))
    assert system.effects("hear") == ["0", "1", "2"]


@everywhere
def a_relay_whose_connection_breaks_before_the_confirm_sends_again(system: System) -> None:
    """In memory nothing is safe, so an event is confirmed there when all who read it have stored it."""
    system.prepare(Echo, Hear)
    runner = system.start(Echo)
    for wording in ("one", "two"):
        system.call("echo", "note", given={"text": wording})
        eventlet.sleep(0.1)
        for link_ in connections_of(runner):
            link_.renew()
        eventlet.sleep(0.3)
    assert not system.settings.embedded or [row.published_at for row in system.outbox("echo")] == [None, None]
    system.start(Hear)
    eventually(lambda: system.effects("hear") == ["one", "two"])
    eventually(lambda: all(row.published_at for row in system.outbox("echo")))


@with_servers
def nothing_is_lost_while_the_broker_has_no_memory(system: System) -> None:
    """Whoever has this played raises the alarm when asked to, and ends it."""
    relay.CONFIRM_TIMEOUT = 1.0
    system.start(Echo, Hear)
    eventually(lambda: answers(system))
    _ask_for(system.settings.data, "alarm")
    for number in range(20):
        with system.database("echo") as db:
            note(db, str(number))
    assert seconds_until_unavailable(lambda: system.call("echo", "health", timeout=1)) < SOON
    eventlet.sleep(2)
    _ask_for(system.settings.data, "calm")
    eventually(lambda: len(system.effects("hear")) >= 20)
    assert system.effects("hear") == [str(number) for number in range(20)]
    eventually(lambda: answers(system))


def _ask_for(folder: Path, what: str) -> None:
    (folder / f"wants-{what}").touch()
    eventually(lambda: (folder / f"has-{what}").exists())


def note(db: OrmSession, wording: str) -> None:
    outbox.announce(db, "echo.noted.v1", "notes", 1, {"text": wording})


def answers(system: System) -> bool:
    return is_available(lambda: system.call("echo", "health", timeout=1))


def is_available(call: Callable[[], object]) -> bool:
    try:
        call()
    except Refusal as refusal:
        if refusal.code != "unavailable":
            raise
        return False
    return True


def seconds_until_unavailable(call: Callable[[], object]) -> float:
    began = time.monotonic()
    assert not is_available(call)
    return time.monotonic() - began
