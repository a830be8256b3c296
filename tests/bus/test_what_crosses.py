"""What crosses the bus besides events: refusals, correlation ids, requests and replies; and the lines in the log."""

import json
import logging
import sys
import threading
from datetime import UTC, datetime
from math import inf

import pytest

from services.bus import wire
from services.runtime import correlation
from services.runtime.faults import Fault
from services.runtime.logs import JsonLines, TextLines
from services.runtime.refusals import Invalid, NotFound, Refusal, Refused, from_wire
from tests.sentences import says

ID = "6ba7b810-9dad-41d1-80b4-00c04fd430c8"


class Full(Refusal):
    """There is no room.

    More for whoever reads the code.
    """

    code = "full"


def test_a_refusal_says_what_its_docstring_says_first():
    assert str(Full()) == "There is no room."
    assert str(Full("None at all.")) == "None at all."


def test_a_refusal_comes_back_as_it_went():
    refused = from_wire(json.loads(json.dumps(Full("None.", room=0).to_wire())))
    assert (refused.code, refused.detail, refused.facts, refused.errors) == ("full", "None.", {"room": 0}, [])
    assert refused.to_wire() == Full("None.", room=0).to_wire()
    assert isinstance(refused, Refused)


def test_wrong_fields_come_back_one_by_one():
    errors = [Fault("too-long", {"max": 20}).at("a.0"), Fault("missing").at("b")]
    assert from_wire(json.loads(json.dumps(Invalid(errors).to_wire()))).errors == errors
    limits = {"min": 1, "max": 100, "of": "whole number"}
    message = says("fault.number", **limits)
    assert Invalid.field("limit", "out-of-range", **limits).errors == [
        {"field": "limit", "code": "out-of-range", "limits": limits, "message": message}
    ]


def test_one_refusals_code_is_not_anothers():
    one, other = from_wire(Full().to_wire()), from_wire(NotFound().to_wire())
    assert (one.code, other.code, Refused.code) == ("full", "not-found", "refused")


def test_a_correlation_id_is_followed_to_the_end_and_no_further():
    assert correlation.current() is None
    with correlation.following(ID) as outer:
        with correlation.following(None) as inner:
            assert correlation.current() == inner != outer
        assert correlation.current() == outer == ID
    assert correlation.current() is None


def test_a_correlation_id_is_of_its_thread_alone():
    seen = []
    with correlation.following(ID):
        thread = threading.Thread(target=lambda: seen.append(correlation.current()))
        thread.start()
        thread.join()
    assert seen == [None]


@pytest.mark.parametrize("strange", [None, "", "x", 7, {}, [], "a" * 10_000, "\ud800"])
def test_what_is_no_correlation_id_is_replaced(strange):
    assert len(correlation.accepted(strange)) == 36


def test_a_correlation_id_has_one_form():
    assert correlation.accepted(ID.upper()) == correlation.accepted(ID.replace("-", "")) == ID


def test_a_request_is_read_as_it_was_written():
    assert wire.read_request(wire.request({"given": {"a": "ü"}, "key": None})) == {"given": {"a": "ü"}, "key": None}


def test_a_reply_is_one_that_nameko_understands():
    moment = datetime(2027, 3, 9, tzinfo=UTC)
    good, bad = json.loads(wire.reply({"at": moment}, True)), json.loads(wire.refusal(Full(room=0)))
    assert good == {"result": {"at": moment.isoformat()}, "error": None, "replayed": True}
    assert (bad["result"], bad["error"]["value"], bad["refusal"]) == (None, "There is no room.", Full(room=0).to_wire())


@pytest.mark.parametrize("value", [None, 7, 'a,"result":{"', {"result": {"error": None}, "ü": [True, 1.5]}])
@pytest.mark.parametrize("announced", [None, ('notes/,"result":', 3)])
def test_what_was_returned_is_passed_on_as_it_was_written(value, announced):
    fields, content = wire.read_reply(wire.reply(value, True, announced))
    assert (fields["replayed"], fields.get("announced")) == (True, announced and list(announced))
    assert content == wire.to_json(value)
    assert json.loads(content) == value


def test_a_reply_that_has_its_result_first_is_read_too():
    earlier = {"result": {"a": "ü"}, "error": None, "replayed": False, "announced": ["notes/1", 2]}
    for body in (json.dumps(earlier), json.dumps(earlier, separators=(",", ":")).encode()):
        fields, content = wire.read_reply(body)
        assert (fields["announced"], json.loads(content)) == (["notes/1", 2], {"a": "ü"})
    refused, content = wire.read_reply(wire.refusal(Full(room=0)))
    assert (refused["refusal"], content) == (Full(room=0).to_wire(), b"null")


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"patience": "12.5"}, 12.5),
        ({}, inf),
        ({"patience": None}, inf),
        ({"patience": "x"}, inf),
        ({"patience": []}, inf),
    ],
)
def test_a_caller_who_does_not_say_how_long_they_wait_waits_for_ever(headers, seconds):
    assert wire.patience(headers) == seconds


def test_a_line_for_machines_is_one_json_object():
    line = json.loads(JsonLines().format(_record("two\nlines %s", "and ü")))
    assert (line["level"], line["logger"], line["message"]) == ("warning", "bus", "two\nlines and ü")
    assert datetime.fromisoformat(line["time"]).tzinfo
    assert line["correlation_id"] is None
    assert "\n" not in JsonLines().format(_record("two\nlines"))


def test_an_error_is_told_in_full():
    assert "ZeroDivisionError" in json.loads(JsonLines().format(_record("why", failed=True)))["error"]


@pytest.mark.parametrize("lines", [JsonLines(), TextLines()])
def test_a_line_bears_the_correlation_id_of_what_was_done(lines):
    with correlation.following(ID):
        assert ID in lines.format(_record("x"))
    assert ID not in lines.format(_record("x"))


def _record(message: str, *arguments: object, failed: bool = False) -> logging.LogRecord:
    try:
        1 / (not failed)
        error = None
    except ZeroDivisionError:
        error = sys.exc_info()
    return logging.LogRecord("bus", logging.WARNING, __file__, 1, message, arguments, error)
