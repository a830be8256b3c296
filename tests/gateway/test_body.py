"""Bodies: JSON that means one thing only, and not too much of it."""

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.web import body
from gateway.web.errors import NotJson
from services.runtime.refusals import Invalid


def fields_refused(content: bytes) -> list[str]:
    with pytest.raises(Invalid) as refused:
        body.parse(content)
    return [error["field"] for error in refused.value.errors]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"nonsense",
        b"{'a': 1}",
        b"[1,]",
        b"NaN",
        b'{"a": Infinity}',
        b'{"a": -Infinity}',
        b"\xff\xfe",
        b'"\xed\xa0\x80"',
        b"\xef\xbb\xbf{}",
        b"{}{}",
        b'{"a": ' + b"9" * 5000 + b"}",
    ],
)
def test_what_is_not_json_is_refused(content):
    with pytest.raises(NotJson):
        body.parse(content)


@pytest.mark.parametrize("deep", [65, 1000, 100_000])
@pytest.mark.parametrize("brackets", [("[", "]"), ('{"a":', "}")])
def test_what_is_nested_too_deep_is_refused(deep, brackets):
    inner = "1"
    with pytest.raises(NotJson):
        body.parse((brackets[0] * deep + inner + brackets[1] * deep).encode())


def test_what_is_nested_64_deep_is_taken():
    assert body.parse(b"[" * 64 + b"]" * 64)


@pytest.mark.parametrize(
    ("content", "field"),
    [
        (rb'{"a": "\u0000"}', "a"),
        (rb'{"a": {"b": ["x", "\ud800"]}}', "a.b.1"),
        (rb'{"a": [{"b": 9007199254740992}]}', "a.0.b"),
        (rb'{"a": -9007199254740992}', "a"),
        (rb'{"a": 1e999}', "a"),
        (rb'{"a": 1, "a": 2}', "a"),
        (rb'{"a": {"b": 1, "c": 2, "b": 1}}', "a.b"),
        (rb'{"a\u0000": 1}', "a\ufffd"),
    ],
)
def test_what_others_could_read_differently_is_refused_by_the_path_of_its_field(content, field):
    assert fields_refused(content) == [field]


def test_all_that_is_wrong_is_told_at_once():
    assert sorted(fields_refused(rb'{"a": "\u0000", "b": 1e999, "c": {"d": "\udfff"}}')) == ["a", "b", "c.d"]


PLAIN_TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
NUMBERS = st.integers(-(2**53) + 1, 2**53 - 1) | st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | PLAIN_TEXT,
    lambda inner: st.lists(inner) | st.dictionaries(PLAIN_TEXT, inner),
    max_leaves=20,
)


@given(VALUES)
def test_plain_json_is_read_as_it_was_written(value):
    assert body.parse(json.dumps(value, ensure_ascii=False).encode()) == value


@given(st.binary(max_size=200))
def test_no_bytes_are_an_error_of_ours(content):
    with suppress(NotJson, Invalid):
        body.parse(content)


@given(st.text(max_size=50))
def test_a_refusal_of_any_text_can_be_written(text):
    try:
        body.parse(json.dumps({text: text + "\0"}).encode())
    except Invalid as refused:
        json.dumps(refused.errors, ensure_ascii=False).encode()
