"""What is accepted: text that every database can hold, times that mean one moment, and all errors at once."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from marshmallow import ValidationError, fields

from services.runtime.faults import Fault
from services.runtime.limits import OneOf, Pattern
from services.runtime.refusals import Invalid
from services.runtime.schemas import Email, Read, Schema, Text, Time, load

LONDON = ZoneInfo("Europe/London")


class Deep(Schema):
    """Something with parts that have parts."""

    class Part(Schema):
        """One of them."""

        at = Time(required=True)
        names = fields.List(Text(5))

    title = Text(10, required=True)
    parts = fields.List(fields.Nested(Part))
    where = fields.Nested(Part)


@pytest.mark.parametrize("text", ["a", "Zoë – £5", "😀", "a'b\"c<d>", "e\u0301", "\u200f\u05d0"])
def test_text_is_kept_as_it_is(text):
    assert Text(20).deserialize(text) == text


@pytest.mark.parametrize(
    "text", ["a\x00b", "a\x1bb", "a\x7fb", "a\x9fb", "a\nb", "a\tb", "\ud800", "a\udfffb", "a\rBcc: b"]
)
def test_what_is_no_text_is_refused(text):
    with pytest.raises(ValidationError) as refused:
        Text(20).deserialize(text)
    assert refused.value.messages == [Fault("not-text")]


def test_lines_pass_where_they_may():
    assert Text(20, lines=True).deserialize("a\r\n\tb") == "a\r\n\tb"
    with pytest.raises(ValidationError):
        Text(20, lines=True).deserialize("a\x0bb")


def test_white_space_goes_and_something_must_be_left():
    assert Text(3).deserialize(" \n abc \u00a0 ") == "abc"
    for nothing in ("", "   ", "\n", "\u2003"):
        with pytest.raises(ValidationError):
            Text(3).deserialize(nothing)
        assert Text(3, blank=True).deserialize(nothing) == ""


def test_text_is_measured_in_characters():
    assert Text(3).deserialize("😀😀😀") == "😀😀😀"
    with pytest.raises(ValidationError):
        Text(3).deserialize("😀😀😀😀")


@pytest.mark.parametrize("value", [7, True, None, [], {}, 1.5])
def test_text_is_text(value):
    with pytest.raises(ValidationError):
        Text(20).deserialize(value)


def test_text_can_be_checked_further():
    assert Text(5, validate=OneOf(["a"])).deserialize("a") == "a"
    for checks in (OneOf(["a"]), [OneOf(["a"])]):
        with pytest.raises(ValidationError):
            Text(5, validate=checks).deserialize("b")


@given(st.text())
def test_text_that_passes_can_be_stored(text):
    try:
        passed = Text(1000, lines=True).deserialize(text)
    except ValidationError:
        return
    assert "\x00" not in passed
    assert passed.encode().decode() == passed


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2027-03-09T09:30:00Z", datetime(2027, 3, 9, 9, 30, tzinfo=UTC)),
        ("2027-03-09T09:30:00+05:30", datetime(2027, 3, 9, 4, 0, tzinfo=UTC)),
        ("2027-03-09T09:30", datetime(2027, 3, 9, 9, 30, tzinfo=UTC)),
        ("2027-07-09T09:30", datetime(2027, 7, 9, 8, 30, tzinfo=UTC)),
        ("2027-10-31T01:30", datetime(2027, 10, 31, 0, 30, tzinfo=UTC)),  # comes twice: the first of them
        ("2027-03-28T01:30Z", datetime(2027, 3, 28, 1, 30, tzinfo=UTC)),  # with an offset, a time like any other
        ("0001-01-01T00:00:00Z", datetime(1, 1, 1, tzinfo=UTC)),
        ("9999-12-31T23:59:59Z", datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)),
    ],
)
def test_a_time_is_one_moment(text, moment):
    assert Time().deserialize(text) == moment
    assert Time().deserialize(text).utcoffset() == moment.utcoffset()


@pytest.mark.parametrize(
    "value",
    [
        "",
        "tomorrow",
        "2027-02-30T09:00",
        "2027-03-09T25:00",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-12:00",
        "10000-01-01T00:00",
        1_800_000_000,
        True,
        None,
        [],
    ],
)
def test_what_is_no_time_is_refused(value):
    with pytest.raises(ValidationError):
        Time().deserialize(value)


@pytest.mark.parametrize("text", ["2031-03-30T01:00", "2031-03-30T01:30:00", "2031-03-30T01:59:59.999"])
def test_a_local_time_that_the_clocks_leave_out_is_refused_with_its_field(text):
    with pytest.raises(Invalid) as refusal:
        load(Schema.from_dict({"at": Time()})(), {"at": text})
    assert [(fault["field"], fault["code"]) for fault in refusal.value.facts["errors"]] == [
        ("at", "no-such-local-time")
    ]


@given(st.datetimes())
def test_any_local_time_is_one_moment_unless_the_clocks_leave_it_out(moment):
    before, after = (moment.replace(tzinfo=LONDON, fold=fold).utcoffset() for fold in (0, 1))
    if after > before:
        with pytest.raises(ValidationError):
            Time().deserialize(moment.isoformat())
    else:
        assert Time().deserialize(moment.isoformat()).tzinfo is UTC


def test_an_address_is_compared_in_lower_case():
    assert Email().deserialize("Ann.Example+leeds@NHS.example") == "ann.example+leeds@nhs.example"


@pytest.mark.parametrize(
    "text",
    [
        *("", "ann", "@nhs.example", "ann@", "a b@nhs.example", "ännë@nhs.example", "ann@" + "aaaa." * 50 + "uk"),
        *("ann@nhs.example\nBcc: b@c.de", "ann\x00@nhs.example", "\ud800@nhs.example", 7, None, []),
    ],
)
def test_what_is_no_address_is_refused(text):
    with pytest.raises(ValidationError):
        Email().deserialize(text)


def test_all_that_is_wrong_is_told_at_once_by_its_path():
    given_ = {
        "title": "much too long a title",
        "parts": [{"at": "2027-03-09T09:30"}, {"names": ["ok", "too long", ""]}, "no part"],
        "where": {"at": "never", "else": 1},
        "unknown": True,
    }
    with pytest.raises(Invalid) as refused:
        load(Deep(), given_)
    assert {error["field"] for error in refused.value.errors} == {
        "title",
        "parts.1.at",
        "parts.1.names.1",
        "parts.1.names.2",
        "parts.2",
        "where.at",
        "where.else",
        "unknown",
    }
    assert all(error["message"] for error in refused.value.errors)


def test_two_faults_of_one_field_are_both_told():
    class Strict(Schema):
        code = Text(3, validate=[OneOf(["a"]), Pattern("^[a-z]$", "not-a-slug", joined_by="-")])

    with pytest.raises(Invalid) as refused:
        load(Strict(), {"code": "B"})
    assert [(error["field"], error["code"], error["limits"]) for error in refused.value.errors] == [
        ("code", "not-a-choice", {"choices": ["a"]}),
        ("code", "not-a-slug", {"joined_by": "-"}),
    ]


@pytest.mark.parametrize("given_", [None, [], "text", 7, True])
def test_what_is_no_object_is_refused(given_):
    with pytest.raises(Invalid) as refused:
        load(Deep(), given_)
    assert refused.value.errors == [Fault("not-a-json-object").at("")]


def test_a_reader_of_events_looks_at_the_fields_that_it_uses():
    class Title(Read):
        title = fields.String(required=True)

    assert load(Title(), {"title": "a", "else": 1}) == {"title": "a"}
