"""Calls: what comes back, and what comes back when all is not well."""

import time
import uuid
from datetime import datetime
from typing import Any

import eventlet
import pytest
from kombu.connection import Connection
from nameko.exceptions import RemoteError
from nameko.standalone.rpc import ClusterRpcProxy
from sqlalchemy import text
from sqlalchemy.orm import Session as OrmSession

from services.bus import rpc as rpc_module
from services.bus import wire
from services.bus.entrypoints import Database, rpc
from services.runtime import correlation
from services.runtime.refusals import Refused, Unavailable
from tests.bus.scenarios.programme import everywhere, with_servers
from tests.bus.scenarios.services import Both, Echo, Pass
from tests.bus.scenarios.system import System, an_event, at_once, eventually
from tests.sentences import says


@everywhere
def a_call_returns_what_the_method_returns(system: System) -> None:
    system.start(Echo)
    value = system.call("echo", "say", given={"text": " hello "}, caller={"id": "ann"}, louder=True).value
    assert datetime.fromisoformat(value.pop("at")).utcoffset() is not None
    assert value == {"text": "HELLO", "caller": {"id": "ann"}}


@everywhere
def a_refusal_crosses_as_data(system: System) -> None:
    system.start(Echo)
    Echo.room = 0
    with pytest.raises(Refused) as refused:
        system.call("echo", "note", given={"text": "one too many"})
    assert refused.value.to_wire() == {"code": "full", "detail": "There is no room.", "facts": {"room": 0}}
    assert system.effects("echo") == []


@everywhere
def wrong_fields_come_back_by_their_paths(system: System) -> None:
    system.start(Echo)
    with pytest.raises(Refused) as refused:
        system.call("echo", "say", given={"parts": [{"size": 1}, {"size": "2"}]})
    assert refused.value.code == "invalid"
    assert {error["field"] for error in refused.value.errors} == {"text", "parts.1.size"}


@everywhere
def a_method_that_is_not_there_is_refused(system: System) -> None:
    system.start(Echo)
    for method in ("shout", "database", "__init__"):
        with pytest.raises(Refused, match=says("refusal.no_such_method")) as refused:
            system.call("echo", method)
        assert refused.value.code == "not-found"


@everywhere
def an_argument_that_a_method_does_not_take_is_refused(system: System) -> None:
    system.start(Echo)
    for strange in ("volume", "service", "db", "method"):
        reply = system.raw.ask("say", wire.request({"given": {"text": "hello"}, strange: 11}))
        assert reply["refusal"]["code"] == "refused"
        assert says("refusal.argument_unknown", argument=strange) in reply["refusal"]["detail"]
    assert system.call("echo", "say", given={"text": "hello"}).value["text"] == "hello"


@everywhere
def nobody_can_pass_a_call_off_as_a_group(system: System) -> None:
    system.start(Echo)
    Echo.may_go = True
    reply = system.raw.ask("gather", wire.request({"given": {"text": "hello"}, "group": [{}, {}]}))
    assert (reply["result"], system.effects("echo")) == ({"together": 1}, ["hello"])


@everywhere
def a_call_to_nobody_ends_at_its_deadline(system: System) -> None:
    began = time.monotonic()
    with pytest.raises(Unavailable, match="Nobody"):
        system.call("nobody", "say", timeout=0.5)
    assert 0.4 < time.monotonic() - began < 4  # most calls have five


@everywhere
def a_call_waits_for_a_service_that_is_still_starting(system: System) -> None:
    system.prepare(Echo)
    call = system.caller()("echo").call
    early = eventlet.spawn(call, "say", given={"text": "early"})
    eventlet.sleep(0.1)
    system.start(Echo, prepared=True)
    assert early.wait().value["text"] == "early"


@everywhere
def nobody_waits_long_for_a_service_that_has_fallen_silent_until_it_answers_again(system: System) -> None:
    rpc_module.SILENT_AFTER = 0.2
    system.start(Echo).stop()  # so that its queue is there
    call = system.caller()("echo").call
    assert _waited(call, timeout=0.5) >= 0.5, "nothing is known of it yet"
    assert _waited(call, timeout=60) < 30
    system.start(Echo)
    eventually(lambda: not _waited(call, timeout=60))
    assert call("dawdle", given={"text": "0.6"}, timeout=60).value == {}, "it has all the time again"


@with_servers
def calls_about_one_thing_leave_workers_to_those_about_another(system: System) -> None:
    """As when a row is held: those who wait for it are many, and whoever asks for another must not wait with them."""
    system.start(Echo)
    call = system.caller()("echo").call
    many = [eventlet.spawn(call, "linger", given={"text": "held"}, timeout=60) for _ in range(25)]
    eventually(lambda: len(Echo.lingering) == 3)
    other = eventlet.spawn(call, "linger", given={"text": "other"}, timeout=60)
    eventually(lambda: "other" in Echo.lingering)
    assert call("say", given={"text": "here"}, timeout=60).value["text"] == "here"
    assert Echo.lingering == ["held"] * 3 + ["other"]
    Echo.may_go = True
    assert [thread.wait().value for thread in [*many, other]] == [{}] * 26


def _gather(system: System, texts: list[str]) -> list[Any]:
    """Have a first call, and a second, be worked on; ask the others meanwhile, and return the threads of them all.

    In one process this cannot be had: SQLite has one transaction at a time.
    """
    call = system.caller()("echo").call

    def ask(text: str, key: str | None = None) -> Any:
        return eventlet.spawn(call, "gather", given={"text": text}, caller={"id": text}, key=key, timeout=60)

    threads = []
    for first in ("first", "second"):
        threads.append(ask(first))
        eventually(lambda first=first: [first] in Echo.gathered)
    return [*threads, *[ask(text, f"key-{number}") for number, text in enumerate(texts)]]


@with_servers
def calls_that_wait_are_answered_in_one_group(system: System) -> None:
    """Two groups are under way at once; all that come meanwhile are the next one."""
    system.start(Echo)
    texts = [f"text {number}" for number in range(20)]
    threads = _gather(system, texts)
    eventlet.sleep(0.5)  # they have been taken from the queue by now
    assert Echo.gathered == [["first"], ["second"]]
    assert system.call("echo", "say", given={"text": "here"}).value["text"] == "here", "other methods are answered"
    Echo.may_go = True
    together = [thread.wait().value["together"] for thread in threads]
    assert together[:2] == [1, 1]
    assert sum(1 / number for number in together[2:]) < 6, together
    assert sorted(text for group in Echo.gathered for text in group) == sorted(["first", "second", *texts])
    assert sorted(system.effects("echo")) == sorted(["first", "second", *texts])


@with_servers
def a_call_about_what_a_group_is_about_waits_for_that_group_and_holds_up_nobody(system: System) -> None:
    """As when the row that a group waits for is held: those who ask for another one are not to wait as well."""
    system.start(Echo)
    call = system.caller()("echo").call
    threads = [
        eventlet.spawn(call, "gather", given={"text": "held"}, caller={"id": "ann"}, timeout=60) for _ in range(4)
    ]
    eventually(lambda: Echo.gathered)
    eventlet.sleep(0.5)
    assert len(Echo.gathered) == 1
    other = eventlet.spawn(call, "gather", given={"text": "other"}, caller={"id": "ben"}, timeout=60)
    eventually(lambda: ["other"] in Echo.gathered)
    Echo.may_go = True
    assert all(thread.wait().value for thread in [*threads, other])
    assert sorted(system.effects("echo")) == ["held"] * 4 + ["other"]


@with_servers
def a_refusal_in_a_group_is_one_calls_alone_and_who_is_left_out_is_answered_alone(system: System) -> None:
    system.start(Echo)
    threads = _gather(system, ["one", "refused", "alone", "two"])
    Echo.may_go = True
    with pytest.raises(Refused) as refused:
        threads[3].wait()
    assert refused.value.code == "full"
    assert threads[4].wait().value == {"together": 1}
    assert sorted(system.effects("echo")) == ["alone", "first", "one", "second", "two"]


@with_servers
def a_group_that_breaks_is_answered_one_by_one(system: System) -> None:
    system.start(Echo)
    threads = _gather(system, ["one", "break", "two"])
    eventlet.sleep(0.5)
    Echo.may_go = True
    assert [thread.wait().value for thread in threads] == [{"together": 1}] * 5
    assert sorted(system.effects("echo")) == ["break", "first", "one", "second", "two"]


@with_servers
def a_service_that_stops_answers_those_who_wait_for_their_group(system: System) -> None:
    runner = system.start(Echo)
    threads = _gather(system, ["one", "two"])
    eventlet.sleep(0.5)
    Echo.may_go = True
    runner.stop()
    assert all(thread.wait().value for thread in threads)


@with_servers
def a_service_that_stops_answers_those_who_wait_in_a_lane(system: System) -> None:
    runner = system.start(Echo)
    call = system.caller()("echo").call
    many = [eventlet.spawn(call, "linger", given={"text": "held"}, timeout=60) for _ in range(8)]
    eventually(lambda: len(Echo.lingering) == 3)
    eventlet.sleep(0.5)  # the others have been taken from the queue by now
    Echo.may_go = True
    runner.stop()
    assert [thread.wait().value for thread in many] == [{}] * 8


@everywhere
def a_service_that_answers_others_has_not_fallen_silent(system: System) -> None:
    rpc_module.SILENT_AFTER = 0.9  # less than the slow call waits, and more than a busy machine needs for an answer
    system.start(Echo)
    call = system.caller()("echo").call
    slow = eventlet.spawn(_waited, call, "dawdle", timeout=1, text="5")
    for _ in range(10):
        call("say", given={"text": "here"})
        eventlet.sleep(0.1)
    assert slow.wait() >= 1
    assert call("dawdle", given={"text": "0.5"}).value == {}


def _waited(call: Any, method: str = "say", *, timeout: float, text: str = "hello") -> float:
    """Return for how long a call went without an answer; 0 where there was one."""
    began = time.monotonic()
    try:
        call(method, given={"text": text}, timeout=timeout)
    except Unavailable:
        return time.monotonic() - began
    return 0.0


@everywhere
def a_call_that_nobody_waits_for_any_more_is_not_done(system: System) -> None:
    system.start(Echo).stop()  # so that its queue is there
    with pytest.raises(Unavailable):
        system.call("echo", "note", given={"text": "too late"}, timeout=0.3)
    system.start(Echo)
    system.call("echo", "note", given={"text": "in time"})
    assert system.effects("echo") == ["in time"]


@everywhere
def a_defect_is_answered_without_its_text(system: System) -> None:
    system.start(Echo)
    for method in ("break_down", "return_nonsense"):
        with pytest.raises(Refused) as refused:
            system.call("echo", method)
        assert refused.value.code == "internal"
        assert "swordfish" not in str(refused.value.to_wire())
    assert system.call("echo", "say", given={"text": "alive"}).value["text"] == "alive"


@everywhere
def a_correlation_id_goes_from_the_call_to_the_event_and_on(system: System) -> None:
    system.start(Echo, Pass)
    chosen = str(uuid.uuid4())
    with correlation.following(chosen):
        system.call("echo", "note", given={"text": "followed"})
    system.call("echo", "note", given={"text": "not followed"})
    first, second = eventually(lambda: system.effects("pass") if len(system.effects("pass")) == 2 else None)
    assert (first, second != chosen) == (chosen, True)
    assert chosen.encode() in system.outbox("pass")[0].envelope


@everywhere
def calls_and_events_do_not_wait_for_one_another(system: System) -> None:
    """With every worker busy with a call that wants the database, an event that holds it must still be handled."""
    system.start(Both)
    system.raw.event(an_event("first").to_json())

    def call(number: int) -> None:
        for turn in range(5):
            system.raw.event(an_event(f"event {number}.{turn}").to_json())
            system.call("both", "note", given={"text": f"call {number}.{turn}"}, timeout=20)

    at_once(30, call)
    eventually(lambda: len(system.effects("both")) == 301)


@with_servers
def a_call_that_waits_for_the_database_holds_up_no_other(system: System) -> None:
    """The driver gives way to other green threads."""

    begun = []

    class Dozing:
        name = "dozing"
        database = Database()

        @rpc()
        def doze(self, db: OrmSession) -> None:
            begun.append(True)
            db.execute(text("SELECT pg_sleep(4)"))

    system.start(Echo, Dozing)
    dozing = eventlet.spawn(system.call, "dozing", "doze", timeout=20)
    eventually(lambda: begun)
    system.call("echo", "say", given={"text": "quick"})
    assert not dozing.dead
    dozing.wait()


@with_servers
def a_stock_nameko_client_can_call_us(system: System) -> None:
    system.start(Echo)
    with ClusterRpcProxy({"AMQP_URI": system.settings.bus, "rpc_exchange": wire.EXCHANGE}, timeout=5) as cluster:
        assert cluster.echo.say(given={"text": "hello"})["text"] == "hello"
        with pytest.raises(RemoteError, match=says("refusal.wrong_fields")):
            cluster.echo.say(given={})


@with_servers
def a_gateway_of_the_release_before_can_call_us(system: System) -> None:
    with Connection(system.settings.bus) as connection, connection.channel() as channel:
        channel.exchange_declare(exchange="nameko-rpc", type="topic", durable=True, auto_delete=False)
        channel.queue_declare(queue="rpc-echo", durable=True, auto_delete=False)
        channel.queue_bind(queue="rpc-echo", exchange="nameko-rpc", routing_key="echo.*")
        try:
            system.start(Echo)
            with ClusterRpcProxy({"AMQP_URI": system.settings.bus}, timeout=5) as cluster:
                assert cluster.echo.note(given={"text": "hello"})
            assert system.call("echo", "say", given={"text": "hello"}).value["text"] == "hello"
            assert system.effects("echo") == ["hello"]
        finally:
            channel.queue_delete(queue="rpc-echo")
