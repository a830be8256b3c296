"""Faults: a code with its limits, the one table that makes sentences of them, and the validators that speak in them."""

import re

import pytest
from marshmallow import ValidationError, fields, validate, validates_schema

from services.runtime import limits
from services.runtime.faults import WORDS, Fault, in_words, wrong
from services.runtime.refusals import Invalid
from services.runtime.schemas import Email, Read, Schema, Text, load
from tests.sentences import says


def test_a_code_is_a_slug():
    assert [code for code in WORDS if not re.fullmatch("[a-z]+(-[a-z0-9]+)*", code)] == []


def test_all_of_a_fault_travels_with_its_field():
    told = Fault("too-long", {"min": 1, "max": 200}).at("title")
    message = says("fault.length", min=1, max=200)
    assert told == {"field": "title", "code": "too-long", "limits": {"min": 1, "max": 200}, "message": message}


def test_the_first_words_are_said_whose_facts_are_known():
    words = ("From {min} to {max}.", "At most {max}.", "Too much.")
    said = [in_words(words, facts) for facts in ({"min": 1, "max": 2}, {"max": 2}, {})]
    assert said == ["From 1 to 2.", "At most 2.", "Too much."]


def test_lists_and_codes_are_written_for_people():
    facts = {"list": ["a", "b"], "code": "face_to_face", "number": 4000}
    said = {spec: in_words(spec, facts) for spec in ("{list}", "{list: or }", "{code}", "{code:-}", "{number:,}")}
    assert said == {
        "{list}": "a, b",
        "{list: or }": "a or b",
        "{code}": "face_to_face",
        "{code:-}": "face-to-face",
        "{number:,}": "4,000",
    }


@pytest.mark.parametrize(
    ("validator", "value", "fault", "message"),
    [
        (limits.Length(1, 3), "abcd", Fault("too-long", {"min": 1, "max": 3}), says("fault.length", min=1, max=3)),
        (limits.Length(1, 3), "", Fault("too-short", {"min": 1, "max": 3}), says("fault.length", min=1, max=3)),
        (limits.Length(max=1), [1, 2], Fault("too-many", {"max": 1}), says("fault.too_many", max=1)),
        (limits.Length(min=1), [], Fault("too-few", {"min": 1}), says("fault.too_few", min=1)),
        (
            limits.Length(1, 2, of="scans"),
            [],
            Fault("too-few", {"min": 1, "max": 2, "of": "scans"}),
            says("fault.some_number", min=1, max=2, of="scans"),
        ),
        (
            limits.Range(1, 5),
            6,
            Fault("out-of-range", {"min": 1, "max": 5}),
            says("fault.between", min=1, max=5),
        ),
        (
            limits.Range(1, 5, of="number"),
            0,
            Fault("out-of-range", {"min": 1, "max": 5, "of": "number"}),
            says("fault.number", min=1, max=5, of="number"),
        ),
        (
            limits.OneOf(("a", "b")),
            "c",
            Fault("not-a-choice", {"choices": ["a", "b"]}),
            says("fault.not_a_choice", choices="a, b"),
        ),
        (limits.Equal(10), 9, Fault("not-equal", {"value": 10}), says("fault.equal", value=10)),
        (limits.SLUG, "A b", Fault("not-a-slug", {"joined_by": "-"}), says("fault.not_a_slug", joined_by="-")),
        (limits.WebAddress(), "ftp://a.example", Fault("not-a-url"), says("fault.web_address")),
        (limits.EmailAddress(254), "ann", Fault("not-an-email", {"max": 254}), says("fault.not_an_email")),
    ],
)
def test_a_validator_refuses_with_a_code_and_its_limits(validator, value, fault, message):
    with pytest.raises(ValidationError) as refused:
        validator(value)
    assert (refused.value.messages, fault.message) == ([fault], message)


def test_a_validator_without_a_code_is_found_when_its_schema_is_made():
    class Foreign(Schema):
        names = fields.List(fields.String(validate=validate.Length(max=3)))

    with pytest.raises(TypeError, match="without a code"):
        Foreign()


def test_what_a_schema_itself_refuses_has_a_code_too():
    class Either(Schema):
        part = fields.Nested(Read)

        @validates_schema
        def check(self, given, **_):
            raise wrong("either-or", choices=["a", "b"])

    assert codes_of(Either(), {"part": 7, "more": 1}) == {"part": "not-an-object", "more": "unknown-field"}
    assert codes_of(Either(), {"part": {}}) == {"": "either-or"}
    assert codes_of(Either(), []) == {"": "not-a-json-object"}


def test_the_limits_of_a_field_are_those_that_it_is_refused_with():
    class Place(Schema):
        name = Text(20)

    class Meeting(Schema):
        title = Text(200, blank=True)
        kind = fields.String(validate=limits.OneOf(("room", "online")))
        slug = fields.String(validate=[limits.SLUG, limits.Length(max=80)])
        email = Email()
        free = fields.String()
        place = fields.Nested(Place)

    assert limits.of(Meeting, "title") == {"min": 0, "max": 200}
    assert limits.of(Meeting(), "kind") == {"choices": ["room", "online"]}
    assert limits.of(Meeting, "slug") == {"joined_by": "-", "max": 80}
    assert limits.of(Meeting, "free") == {}
    assert [limits.most(Meeting, name) for name in ("title", "email", "place.name")] == [200, 254, 20]


def codes_of(schema, given):
    """Return the codes of what is wrong, by field."""
    with pytest.raises(Invalid) as refused:
        load(schema, given)
    return {error["field"]: error["code"] for error in refused.value.errors}
