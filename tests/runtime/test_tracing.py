"""Spans: what is told of a failure, what belongs to which trace, and what a collector that hangs may cost."""

import gc
import time
from collections.abc import Iterator

import pytest
from opentelemetry.sdk.trace import ReadableSpan

from services.runtime import tracing
from services.runtime.refusals import NotFound, Refusal, Unavailable
from tests.collector import Collector, collector, hanging

TRACE = f"00-{'a' * 32}-{'b' * 16}-01"
MOST_HELD = 2048 + 512 + 8  # of the queue, of the batch that is being sent, and of this test


@pytest.fixture
def collecting() -> Iterator[Collector]:
    with collector() as traces:
        tracing.start(traces.url)
        try:
            yield traces
        finally:
            tracing.stop()


def fail_with(error: BaseException) -> None:
    with pytest.raises(type(error)), tracing.span("echo", "server", "echo/note", {}, begins=True):
        raise error


def test_it_is_off_until_there_is_a_collector():
    tracing.start("")
    assert not tracing.on


def test_a_failure_is_told_by_its_kind_alone(collecting):
    fail_with(ValueError("amina@example.org has no such place"))
    tracing.stop()
    [span] = collecting.spans()
    assert span.failed
    assert span.attributes["error.type"] == "ValueError"
    assert b"amina" not in b"".join(collecting.bodies)


@pytest.mark.parametrize(("refusal", "failed"), [(NotFound(), False), (Unavailable(), True)])
def test_a_refusal_fails_only_where_it_is_no_answer(collecting, refusal: Refusal, failed):
    fail_with(refusal)
    tracing.stop()
    assert [span.failed for span in collecting.spans()] == [failed]


def test_what_follows_nothing_is_left_out(collecting):
    with tracing.span("echo", "client", "echo/note", {}) as span:
        assert span is None
        assert tracing.carried() is None
    tracing.record("echo", "producer", "publish", {}, after=None, began=time.time_ns())
    tracing.stop()
    assert collecting.spans() == []


def test_what_was_carried_is_followed_later_and_elsewhere(collecting):
    with tracing.span("echo", "server", "first", {}, after=TRACE):
        carried = tracing.carried()
    with tracing.span("other", "consumer", "second", {}, after=carried):
        pass
    tracing.record("echo", "producer", "third", {}, after=carried, began=time.time_ns())
    tracing.stop()
    first, *later = collecting.spans()
    assert carried == f"00-{'a' * 32}-{first.id}-01"
    assert (first.trace, first.parent) == ("a" * 32, "b" * 16)
    assert [(span.service, span.parent) for span in later] == [("other", first.id), ("echo", first.id)]


def test_what_is_not_sampled_stays_so(collecting):
    with tracing.span("echo", "server", "first", {}, after=TRACE.removesuffix("01") + "00"):
        assert tracing.carried().endswith("-00")
    tracing.stop()
    assert collecting.spans() == []


def test_a_collector_that_hangs_costs_so_much_memory_and_no_more():
    with hanging() as address:
        tracing.start(address)
        try:
            for number in range(5000):
                with tracing.span("echo", "server", "echo/note", {"number": number}, begins=True):
                    pass
            # By `type`: to ask a weak reference of another test what it is raises once that is gone.
            held = [thing for thing in gc.get_objects() if issubclass(type(thing), ReadableSpan)]
            assert sum("number" in (span.attributes or {}) for span in held) <= MOST_HELD
        finally:
            began = time.monotonic()
            tracing.stop()
        assert time.monotonic() - began < 30, "it does not wait for an answer that never comes"


@pytest.mark.parametrize(
    "candidate",
    [None, 7, b"", "", TRACE.upper(), f"{TRACE} ", f"{TRACE}-00", TRACE.replace("b", "0"), f"01{TRACE[2:]}"],
)
def test_a_traceparent_is_well_formed_or_none(candidate):
    assert tracing.accepted(TRACE) == TRACE
    assert tracing.accepted(candidate) is None
