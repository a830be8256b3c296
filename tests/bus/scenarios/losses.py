"""Losses: what the broker has forgotten is found by those who miss it, and is there again."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import eventlet
from kombu.connection import Connection
from sqlalchemy import delete

from services.bus import broker, reconciler, reconciliation, wire
from services.bus.models import outbox
from services.bus.topology import EVENTS, address_of, queue_of
from services.runtime.refusals import Refusal
from tests.bus.scenarios.programme import with_servers
from tests.bus.scenarios.services import Echo, Hear, Pass
from tests.bus.scenarios.system import System, connections_of, eventually

NEVER = 1000.0
NOTED = "echo.noted.v1"


@with_servers
def what_no_binding_led_to_a_reader_is_found_and_published_again_to_that_reader_alone(system: System) -> None:
    quick(system, compare=0.2, declare=NEVER)
    system.start(Echo, Hear, Pass)
    note(system, "before")
    eventually(lambda: system.effects("hear") == ["before"])
    at_the_broker(system, lambda channel: channel.queue_unbind(queue_of("hear"), EVENTS, NOTED))
    for text in ("one", "two", "three"):
        note(system, text)
    eventually(lambda: system.effects("hear") == ["before", "one", "two", "three"])
    eventually(lambda: len(system.effects("pass")) == 4)
    eventlet.sleep(1)
    assert (len(system.effects("hear")), len(system.effects("pass"))) == (4, 4), "and each of them once"
    assert len(system.inbox("pass")) == 4


@with_servers
def what_a_queue_held_when_it_was_deleted_is_found_and_the_queue_is_there_again(system: System) -> None:
    quick(system, compare=0.2, declare=0.2)
    system.prepare(Echo, Hear)
    system.start(Echo, prepared=True)
    wanted = [str(number) for number in range(700)]  # more than a page
    for text in wanted[:600]:
        note(system, text)
    eventually(lambda: all(row.published_at for row in system.outbox("echo")))
    at_the_broker(system, lambda channel: channel.queue_delete(queue_of("hear")))
    system.start(Hear, prepared=True)
    for text in wanted[600:650]:
        note(system, text)
    at_the_broker(system, lambda channel: channel.queue_delete(queue_of("hear")))
    for text in wanted[650:]:
        note(system, text)
    eventually(lambda: len(system.effects("hear")) >= 700)
    assert sorted(system.effects("hear"), key=int) == wanted


@with_servers
def bindings_that_were_deleted_are_there_again(system: System) -> None:
    quick(system, compare=NEVER, declare=0.2)
    system.start(Echo, Hear)
    system.call("echo", "note", given={"text": "before"})
    at_the_broker(system, lambda channel: channel.queue_unbind(queue_of("hear"), EVENTS, NOTED))
    at_the_broker(system, lambda channel: channel.queue_unbind(wire.queue_of("echo"), wire.EXCHANGE, "echo.*"))
    eventually(lambda: answers(lambda: system.call("echo", "note", given={"text": "after"}, timeout=0.5)))
    eventually(lambda: is_heard(system, "later"))


@with_servers
def a_secret_that_was_lost_stays_so(system: System) -> None:
    """It is blanked once it is published; whoever waits for it asks for another."""
    quick(system, compare=0.2, declare=NEVER)
    system.start(Echo, Hear)
    at_the_broker(system, lambda channel: channel.queue_unbind(queue_of("hear"), EVENTS, "echo.whispered.v1"))
    system.call("echo", "whisper", given={"text": "042042"})
    note(system, "after")
    eventually(lambda: system.effects("hear") == ["after"])
    eventlet.sleep(1)
    assert system.effects("hear") == ["after"]


@with_servers
def a_reader_that_was_away_for_longer_than_an_outbox_keeps_is_told_all_that_there_is(system: System) -> None:
    quick(system, compare=0.2, declare=NEVER)
    system.prepare(Echo, Hear, Pass)
    system.start(Echo, prepared=True)
    for text in ("one", "two", "three"):
        note(system, text)
    eventually(lambda: len(system.outbox("echo")) == 3 and all(row.number for row in system.outbox("echo")))
    for service in ("hear", "pass"):
        at_the_broker(system, lambda channel, service=service: channel.queue_purge(queue_of(service)))
    with system.database("echo") as db:
        db.execute(delete(outbox).where(outbox.c.number < 3))
    system.start(Hear, Pass, prepared=True)
    eventually(lambda: {"again one", "again two", "again three"} <= set(system.effects("hear")))
    note(system, "four")
    eventually(lambda: "four" in system.effects("hear"))
    eventlet.sleep(1)
    assert len(system.effects("hear")) <= 5, "once, and no more than once"
    assert len(system.inbox("pass")) == 2, "one that would act on it is told of nothing again"
    assert not [row for row in system.outbox("echo") if row.type == address_of("hear") and b"again" in row.envelope]


@with_servers
def what_is_published_is_numbered_without_a_gap(system: System) -> None:
    system.start(Echo, Hear)
    for number in range(50):
        note(system, str(number))
    eventually(lambda: [row.number for row in system.outbox("echo")] == list(range(1, 51)))


@with_servers
def a_broker_that_has_forgotten_who_takes_from_a_queue_is_told_again(system: System) -> None:
    """As when a queue is deleted in the very moment in which someone begins to take from it."""
    quick(system, compare=600, declare=1)
    for connection in connections_of(system.start(Echo, Hear)):
        if connection.name in ("echo rpc", "hear inbox"):
            connection.write(lambda channel: [channel.basic_cancel(tag, nowait=True) for tag in [*channel.callbacks]])
    eventually(lambda: answers(lambda: system.call("echo", "health", timeout=1)))
    note(system, "hello")
    eventually(lambda: "hello" in system.effects("hear"))


def quick(system: System, *, compare: float, declare: float) -> None:
    reconciler.EVERY, broker.DECLARE_EVERY = compare, declare
    reconciliation.UNDER_WAY = timedelta(seconds=0.5)


def note(system: System, text: str) -> None:
    system.call("echo", "note", given={"text": text})


def is_heard(system: System, text: str) -> bool:
    """Say something, and tell whether it is heard soon."""
    note(system, text)
    eventlet.sleep(0.3)
    return text in system.effects("hear")


def answers(call: Callable[[], Any]) -> bool:
    try:
        call()
    except Refusal:
        return False
    return True


def at_the_broker(system: System, do: Callable[[Any], Any]) -> None:
    connect: Any = Connection
    with connect(system.settings.bus) as connection:
        do(connection.channel())
