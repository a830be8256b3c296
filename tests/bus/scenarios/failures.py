"""Events that cannot be handled: tried again, parked with their cause, and in nobody's way."""

import json
from datetime import timedelta
from typing import ClassVar

import eventlet
from sqlalchemy.orm import Session as OrmSession

from services.bus import inbox, parked
from services.bus.entrypoints import Database, subscribe
from services.bus.envelope import Envelope
from tests.bus.scenarios.programme import everywhere
from tests.bus.scenarios.services import Hear, Noted, take_effect
from tests.bus.scenarios.system import System, an_event, eventually
from tests.sentences import says

AN_EVENT = json.loads(an_event().to_json())

GARBAGE = [
    b"",
    b"hello",
    b"\xff\xfe\x00\x80",
    b"null",
    b"[]",
    b"{}",
    b"[" * 100_000,
    b"x" * 2_000_000,
    b'"\\ud800"',
]

STRANGE_FIELDS = {
    "id": [None, 7, "", "not a uuid", "\ud800", {}],
    "type": [None, 7, "", "x" * 121, "a\x00b", "\ud800", []],
    "source": [None, 7, {}],
    "subject": [None, 7, "s" * 256, "a\x00b", "\udfff"],
    "version": [None, "", "one", [], {}, float("inf"), float("nan")],
    "time": [None, 7, "", "yesterday", "2027-03-09T10:00:00"],
    "data": [None, 7, "text", []],
}


class Clumsy:
    """Fails as often as it is told to, and tries again soon."""

    name = "clumsy"
    database = Database()
    failures: ClassVar[dict[str, int]] = {}
    text_of_error: ClassVar[str] = "I dropped it"

    @subscribe("echo.noted.v1", reads=Noted)
    def hear(self, db: OrmSession, event: Envelope) -> None:
        text = event.data["text"]
        take_effect(db, text)
        db.flush()
        if self.failures.get(text):
            self.failures[text] -= 1
            raise RuntimeError(self.text_of_error)


def _retry_after(*seconds: float) -> None:
    inbox.RETRY_AFTER = tuple(timedelta(seconds=pause) for pause in seconds)
    inbox.IDLE = 0.05  # how often it looks what has come due


@everywhere
def an_event_that_fails_is_tried_again_and_blocks_nobody(system: System) -> None:
    _retry_after(0.3, 0.3)
    Clumsy.failures["difficult"] = 2
    system.start(Clumsy)
    for text in ("difficult", "easy"):
        system.raw.event(an_event(text).to_json())
    eventually(lambda: system.effects("clumsy") == ["easy"])
    difficult = system.inbox("clumsy")[0]
    assert (difficult.state, difficult.attempts >= 1, "I dropped it" in difficult.error) == ("waiting", True, True)
    eventually(lambda: system.effects("clumsy") == ["easy", "difficult"])
    assert [(row.state, row.error) for row in system.inbox("clumsy")] == [("done", None)] * 2


@everywhere
def an_event_that_goes_on_failing_is_parked_until_somebody_retries_it(system: System) -> None:
    _retry_after(0.05, 0.05)
    Clumsy.failures["difficult"] = 3
    system.start(Clumsy)
    event = an_event("difficult")
    system.raw.event(event.to_json())
    row = eventually(lambda: _parked(system, "clumsy"))[0]
    assert (row.event_id, row.type, row.attempts, row.envelope) == (event.id, event.type, 3, event.to_json())
    assert "RuntimeError: I dropped it" in row.error
    assert system.effects("clumsy") == []
    with system.database("clumsy") as db:
        assert parked.retry(db, [event.id]) == 1
    eventually(lambda: system.effects("clumsy") == ["difficult"])


@everywhere
def an_event_whose_data_are_wrong_is_parked_with_the_fields(system: System) -> None:
    _retry_after()
    system.start(Hear)
    system.raw.event(an_event(data={"text": 7}).to_json())
    row = eventually(lambda: _parked(system, "hear"))[0]
    assert "Invalid" in row.error


@everywhere
def an_error_that_no_database_can_hold_is_no_obstacle(system: System) -> None:
    _retry_after()
    Clumsy.failures["difficult"] = 1
    Clumsy.text_of_error = "NUL \x00 and half a pair \ud800"
    system.start(Clumsy)
    system.raw.event(an_event("difficult").to_json())
    system.raw.event(an_event("easy").to_json())
    eventually(lambda: system.effects("clumsy") == ["easy"])
    assert "and half a pair" in _parked(system, "clumsy")[0].error


@everywhere
def what_is_no_event_is_parked_as_the_bytes_that_came(system: System) -> None:
    system.start(Hear)
    for body in GARBAGE:
        system.raw.event(body)
    for kind in ("application/x-python-serialize", "application/octet-stream", "no type at all", None):
        system.raw.event(f"as {kind}".encode(), content_type=kind, content_encoding="utf-8")
    system.raw.event(an_event("good").to_json())
    eventually(lambda: system.effects("hear") == ["good"])
    bodies = {row.envelope for row in _parked(system, "hear")}
    assert bodies >= set(GARBAGE)
    assert len(bodies) == len(GARBAGE) + 4


@everywhere
def what_names_another_service_than_the_key_that_the_broker_let_through_is_parked_and_never_believed(
    system: System,
) -> None:
    _retry_after()
    system.start(Hear)
    for key in ("hear.to.hear", "hear.noted.v1", "*.to.hear"):
        system.raw.event(an_event("forged").to_json(), routing_key=key)
    for key in ("echo.noted.v1", "echo.to.hear", "to.hear"):
        system.raw.event(an_event(key).to_json(), routing_key=key)
    eventually(lambda: system.effects("hear") == ["echo.noted.v1", "echo.to.hear", "to.hear"])
    rows = _parked(system, "hear")
    assert [(row.envelope, row.error.partition(":")[0]) for row in rows] == [(None, inbox.NOT_OF_SENDER)] * 2
    with system.database("hear") as db:
        parked.retry(db, [row.event_id for row in rows])
    eventually(lambda: len(_parked(system, "hear")) == 2 and len(system.effects("hear")) == 3)


@everywhere
def an_encoding_that_says_something_else_changes_no_byte(system: System) -> None:
    system.start(Hear)
    encodings = ("unicode_escape", "utf-16", "latin-1", "rot13", "idna", "nonsense", "binary")
    for encoding in encodings:
        body = f"{encoding} \\ud800 ä".encode() + b"\xff"
        system.raw.event(body, content_type="application/json", content_encoding=encoding)
    system.raw.event(b"squeezed", headers={"compression": "application/x-gzip"})
    for encoding in encodings:
        system.raw.event(an_event(encoding).to_json(), content_encoding=encoding)
    eventually(lambda: system.effects("hear") == list(encodings))
    wanted = {f"{encoding} \\ud800 ä".encode() + b"\xff" for encoding in encodings} | {b"squeezed"}
    assert {row.envelope for row in _parked(system, "hear")} == wanted


@everywhere
def every_field_of_an_envelope_is_looked_at(system: System) -> None:
    system.start(Hear)
    bodies = [
        json.dumps({**AN_EVENT, field: value}).encode() for field, values in STRANGE_FIELDS.items() for value in values
    ]
    bodies += [json.dumps({k: v for k, v in AN_EVENT.items() if k != field}).encode() for field in STRANGE_FIELDS]
    for body in bodies:
        system.raw.event(body)
    system.raw.event(an_event("good").to_json())
    eventually(lambda: "good" in system.effects("hear"))
    assert system.effects("hear") == ["good"]
    assert [row.envelope for row in _parked(system, "hear")] == bodies


@everywhere
def an_event_that_nobody_here_reads_is_parked(system: System) -> None:
    _retry_after()
    system.start(Hear)
    system.raw.event(an_event(type="echo.forgotten.v1").to_json(), routing_key="echo.noted.v1")
    row = eventually(lambda: _parked(system, "hear"))[0]
    assert says("refusal.unread_event", type="echo.forgotten.v1") in row.error


@everywhere
def garbage_that_is_retried_is_parked_again(system: System) -> None:
    _retry_after()
    system.start(Hear)
    system.raw.event(b"garbage")
    row = eventually(lambda: _parked(system, "hear"))[0]
    with system.database("hear") as db:
        parked.retry(db, [row.event_id])
    eventlet.sleep(0)
    assert eventually(lambda: _parked(system, "hear"))[0].attempts == 1


def _parked(system: System, service: str) -> list:
    with system.database(service) as db:
        return list(parked.listed(db))
