"""The envelope: what is written is read again, and whatever else comes is told to be no event."""

import json
import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.bus.envelope import Envelope, NotAnEnvelope, as_json
from tests.examples import examples
from tests.sentences import says

AN_EVENT = Envelope(
    id="6ba7b810-9dad-41d1-80b4-00c04fd430c8",
    type="echo.noted.v1",
    source="echo",
    subject="notes/1",
    version=3,
    time=datetime(2027, 3, 9, 9, 30, tzinfo=UTC),
    correlation_id="6ba7b811-9dad-41d1-80b4-00c04fd430c8",
    data={"text": "Zoë – £5 😀"},
    sensitive=True,
)
FIELDS = json.loads(AN_EVENT.to_json())

WRONG = [
    *[("id", value) for value in (None, 7, "", "not a uuid", {}, [])],
    *[("type", value) for value in (None, 7, "", "x" * 121, "a\x00b", "a\nb", "\ud800", [])],
    *[("source", value) for value in (None, "", "x" * 81, {})],
    *[("subject", value) for value in (None, "", "s" * 256, "a\x00b", "\udfff", 7)],
    *[("version", value) for value in (None, "", "3", 1.5, True, [], float("inf"), float("nan"))],
    *[("time", value) for value in (None, 7, "", "yesterday", "2027-03-09T10:00:00", "2027-13-01T10:00:00Z")],
    *[("data", value) for value in (None, 7, "text", [])],
]


def test_an_envelope_comes_back_as_it_went():
    assert Envelope.from_json(AN_EVENT.to_json()) == AN_EVENT
    assert Envelope.from_json(AN_EVENT.to_json().decode()) == AN_EVENT


@settings(max_examples=examples(50))
@given(
    data=st.dictionaries(st.text(), st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists)),
    version=st.integers(),
    time=st.datetimes(timezones=st.just(UTC)),
    sensitive=st.booleans(),
)
def test_any_data_come_back_as_they_went(data, version, time, sensitive):
    event = Envelope(**{**AN_EVENT.__dict__, "data": data, "version": version, "time": time, "sensitive": sensitive})
    assert Envelope.from_json(event.to_json()) == event


def test_it_bears_the_names_of_cloudevents():
    assert {"specversion", "id", "type", "source", "subject", "time", "data"} <= FIELDS.keys()
    assert FIELDS["specversion"] == "1.0"


def test_what_is_not_said_has_a_default():
    fields = {name: value for name, value in FIELDS.items() if name not in ("sensitive", "correlation_id")}
    event = Envelope.from_json(json.dumps(fields))
    assert (event.sensitive, event.correlation_id) == (False, None)


def test_fields_of_later_versions_pass_by():
    assert Envelope.from_json(json.dumps({**FIELDS, "tracestate": "a=1"})) == AN_EVENT


def test_an_event_says_which_trace_it_is_a_part_of_only_if_it_is_of_one():
    traced = replace(AN_EVENT, traceparent=f"00-{'a' * 32}-{'b' * 16}-01")
    assert Envelope.from_json(traced.to_json()) == traced
    assert "traceparent" not in FIELDS


@pytest.mark.parametrize("wrong", [None, 7, "", [], "00-1-2-01", f"00-{'0' * 32}-{'b' * 16}-01"])
def test_a_traceparent_that_is_none_is_left_out(wrong):
    assert Envelope.from_json(json.dumps({**FIELDS, "traceparent": wrong})) == AN_EVENT


def test_a_time_keeps_its_offset():
    fields = {**FIELDS, "time": "2027-07-09T10:30:00+01:00"}
    assert Envelope.from_json(json.dumps(fields)).time.utcoffset() == timedelta(hours=1)


@pytest.mark.parametrize(("field", "value"), WRONG)
def test_a_wrong_field_is_named(field, value):
    with pytest.raises(NotAnEnvelope):
        Envelope.from_json(json.dumps({**FIELDS, field: value}))


@pytest.mark.parametrize("field", ["id", "type", "source", "subject", "version", "time", "data"])
def test_a_missing_field_is_named(field):
    with pytest.raises(NotAnEnvelope, match=says("refusal.argument_missing", argument=field)):
        Envelope.from_json(json.dumps({name: value for name, value in FIELDS.items() if name != field}))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"hello",
        b"\xff\xfe\x00",
        b"null",
        b"7",
        b"[]",
        b'"text"',
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"version": 1e999}',
        b'{"version": ' + b"9" * 10_000 + b"}",
        "\ud800",
    ],
)
def test_garbage_is_no_event(body):
    with pytest.raises(NotAnEnvelope):
        Envelope.from_json(body)


@given(st.binary(max_size=200))
def test_no_bytes_at_all_do_more_harm_than_to_be_no_event(body):
    with pytest.raises(NotAnEnvelope):
        Envelope.from_json(body)


@given(st.dictionaries(st.sampled_from(sorted(FIELDS)), st.none() | st.integers() | st.floats() | st.text()))
def test_no_field_does_more_harm_than_to_make_it_no_event(wrong):
    try:
        event = Envelope.from_json(json.dumps({**FIELDS, **wrong}))
    except NotAnEnvelope:
        return
    assert uuid.UUID(event.id)
    assert event.time.tzinfo


def test_an_id_is_read_in_one_form_whatever_it_was_written_in():
    for form in (AN_EVENT.id.upper(), "{" + AN_EVENT.id + "}", AN_EVENT.id.replace("-", "")):
        assert Envelope.from_json(json.dumps({**FIELDS, "id": form})).id == AN_EVENT.id


def test_datetimes_become_text_wherever_they_are():
    moment = datetime(2027, 3, 9, 9, 30, tzinfo=timezone(timedelta(hours=1)))
    assert as_json({"a": [moment, (moment,)], "b": 1}) == {
        "a": ["2027-03-09T09:30:00+01:00", ["2027-03-09T09:30:00+01:00"]],
        "b": 1,
    }
