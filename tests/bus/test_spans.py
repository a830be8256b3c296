"""What the bus traces of itself; tests/journeys/test_traces.py has the rest, in real processes."""

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from services.bus import spans
from services.bus.calls import Reply
from services.bus.envelope import Envelope
from services.runtime import tracing
from services.runtime.refusals import NotFound, Unavailable
from services.runtime.settings import Settings
from tests.collector import collector

TRACE = f"00-{'a' * 32}-{'b' * 16}-01"


@dataclass(frozen=True)
class Row:
    envelope: bytes
    type: str = "echo.noted.v1"


def an_event() -> Envelope:
    time = datetime(2027, 3, 9, tzinfo=UTC)
    return Envelope(str(uuid.uuid4()), "echo.noted.v1", "echo", "notes", 1, time, None, {}, traceparent=TRACE)


def test_a_row_that_is_no_event_does_not_stop_the_relay():
    with collector() as traces:
        spans.start(Settings(traces=traces.url))
        spans.published("echo", [Row(b"no event"), Row(an_event().to_json())], began=1)
        tracing.stop()
        assert [span.name for span in traces.spans()] == ["publish echo.noted.v1"]


def fail() -> None:
    raise ValueError("amina@example.org")


def test_an_event_that_failed_is_told_by_the_kind_of_its_failure():
    with collector() as traces:
        spans.start(Settings(traces=traces.url))
        with pytest.raises(ValueError, match="amina"):
            spans.handled("other", an_event(), fail)
        tracing.stop()
        [span] = traces.spans()
        assert (span.service, span.failed, span.attributes["error.type"]) == ("other", True, "ValueError")
        assert b"amina" not in b"".join(traces.bodies)


def test_a_method_that_refuses_has_answered_and_one_that_cannot_has_failed():
    with collector() as traces:
        spans.start(Settings(traces=traces.url))
        for refusal in (NotFound(), Unavailable()):
            spans.answered("echo", "note", TRACE, lambda refusal=refusal: Reply(refusal=refusal))
        tracing.stop()
        told = [(span.attributes["rpc.response.status_code"], span.failed) for span in traces.spans()]
        assert told == [("not-found", False), ("unavailable", True)]
