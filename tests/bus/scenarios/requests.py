"""Requests that nobody should send: each is refused or dropped, and the service lives on."""

import json

from services.bus import wire
from tests.bus.scenarios.programme import everywhere
from tests.bus.scenarios.services import Echo
from tests.bus.scenarios.system import System

GIVEN = {"given": {"text": "hello"}}

NOT_REQUESTS = {
    "empty": b"",
    "not JSON": b"{nonsense",
    "not UTF-8": b'{"args": [], "kwargs": {"given": "\xff\xfe"}}',
    "not an object": b"[1, 2]",
    "nothing": b"null",
    "no arguments": b"{}",
    "positional arguments": json.dumps({"args": [1], "kwargs": {}}).encode(),
    "arguments without names": json.dumps({"args": [], "kwargs": [1]}).encode(),
    "nested too deep": b'{"args": [], "kwargs": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "huge": json.dumps({"args": ["x" * 8_000_000], "kwargs": {}}).encode(),
}

STRANGE_HEADERS = [
    {"patience": "tomorrow"},
    {"patience": ["never"]},
    {"patience": "nan"},
    {"patience": ""},
    {"deadline": "1"},  # a time of day: no two clocks are compared
    {"correlation_id": {"not": "a uuid"}},
    {"compression": "application/x-gzip"},
]


@everywhere
def what_is_no_request_is_answered_with_a_refusal(system: System) -> None:
    system.start(Echo)
    for what, body in NOT_REQUESTS.items():
        reply = system.raw.ask("say", body)
        assert reply["refusal"]["code"] == "refused", what
        assert "Malformed request" in reply["refusal"]["detail"], what
    _is_well(system)


@everywhere
def a_request_that_nobody_can_be_answered_for_is_dropped(system: System) -> None:
    """Stock nameko dies of it, and again at each start, for the message stays in the queue."""
    system.start(Echo)
    for body in (*NOT_REQUESTS.values(), wire.request(GIVEN)):
        system.raw.send(wire.EXCHANGE, "echo.note", body)
    _is_well(system)
    assert system.effects("echo") == []


@everywhere
def strange_headers_and_content_types_do_no_harm(system: System) -> None:
    system.start(Echo)
    for headers in STRANGE_HEADERS:
        assert system.raw.ask("say", wire.request(GIVEN), headers=headers)["result"]["text"] == "hello", headers
    for kind in ("application/x-python-serialize", "application/data", "no type at all"):
        assert system.raw.ask("say", wire.request(GIVEN), content_type=kind)["result"]["text"] == "hello", kind
    for encoding in ("binary", "unicode_escape", "utf-16", "nonsense"):
        assert system.raw.ask("say", wire.request(GIVEN), content_encoding=encoding)["result"]["text"] == "hello"
    _is_well(system)


@everywhere
def a_request_that_nobody_waits_for_any_more_is_dropped(system: System) -> None:
    system.start(Echo)
    late = {"patience": "-1"}
    system.raw.send(
        wire.EXCHANGE, "echo.note", wire.request(GIVEN), headers=late, reply_to="raw", correlation_id="late"
    )
    _is_well(system)
    assert system.effects("echo") == []


@everywhere
def whoever_asks_cannot_have_a_service_write_where_they_may_not_write_themselves(system: System) -> None:
    system.start(Echo)
    for reply_to in ("hear.note", "echo.note", "reply.a.b.c", "reply..x", "#", "", "x" * 200 + "."):
        system.raw.send(wire.EXCHANGE, "echo.note", wire.request(GIVEN), reply_to=reply_to, correlation_id="forged")
    _is_well(system)
    assert system.effects("echo") == []


def _is_well(system: System) -> None:
    assert system.call("echo", "say", given={"text": "well"}).value["text"] == "well"
    assert not any(runner._ended.ready() for runner in system.runners)
