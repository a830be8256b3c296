"""Idempotency keys: the same request again gets the first answer again."""

import pytest

from services.runtime.refusals import Refused
from tests.bus.scenarios.programme import everywhere
from tests.bus.scenarios.services import Echo
from tests.bus.scenarios.system import System, at_once


@everywhere
def the_same_request_again_gets_the_first_answer(system: System) -> None:
    system.start(Echo)
    answers = [system.call("echo", "note", given={"text": "once"}, key="k") for _ in range(3)]
    assert [(answer.value, answer.replayed) for answer in answers] == [
        ({"number": 1}, False),
        ({"number": 1}, True),
        ({"number": 1}, True),
    ]
    assert system.effects("echo") == ["once"]
    assert len(system.outbox("echo")) == 1


@everywhere
def another_request_under_the_same_key_is_refused(system: System) -> None:
    system.start(Echo)
    system.call("echo", "note", given={"text": "first"}, key="k")
    for method, text in [("note", "second"), ("note_and_refuse", "first")]:
        with pytest.raises(Refused) as refused:
            system.call("echo", method, given={"text": text}, key="k")
        assert refused.value.code == "idempotency-key-reused"
    assert system.effects("echo") == ["first"]


@everywhere
def a_key_belongs_to_its_caller(system: System) -> None:
    system.start(Echo)
    for name in ("ann", "bea"):
        answer = system.call("echo", "note", given={"text": name}, key="k", caller={"id": name})
        assert not answer.replayed
    assert system.effects("echo") == ["ann", "bea"]


@everywhere
def the_state_that_refused_a_request_is_remembered(system: System) -> None:
    system.start(Echo)
    for room, replayed in [(0, False), (1000, True)]:
        Echo.room = room
        with pytest.raises(Refused) as refused:
            system.call("echo", "note", given={"text": "one too many"}, key="k")
        assert (refused.value.code, refused.value.facts, refused.value.replayed) == ("full", {"room": 0}, replayed)
    assert system.effects("echo") == []


@everywhere
def a_wrong_request_does_not_use_up_its_key(system: System) -> None:
    system.start(Echo)
    with pytest.raises(Refused):
        system.call("echo", "note", given={"text": ""}, key="k")
    assert not system.call("echo", "note", given={"text": "right"}, key="k").replayed


@everywhere
def a_refusal_that_is_returned_leaves_what_it_did(system: System) -> None:
    system.start(Echo)
    for _ in range(2):
        with pytest.raises(Refused, match="no room"):
            system.call("echo", "note_and_refuse", given={"text": "kept"}, key="k")
    assert system.effects("echo") == ["kept"]
    assert len(system.outbox("echo")) == 1


@everywhere
def twenty_at_once_take_effect_once(system: System) -> None:
    system.start(Echo)
    answers = at_once(20, lambda _: system.call("echo", "note", given={"text": "once"}, key="k"))
    assert [answer.value for answer in answers] == [{"number": 1}] * 20
    assert [answer.replayed for answer in answers].count(False) == 1
    assert system.effects("echo") == ["once"]
