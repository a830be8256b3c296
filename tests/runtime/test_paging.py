"""Cursors: what we gave out is understood, and whatever else is refused."""

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.runtime.paging import cursor_after, key_of
from services.runtime.refusals import Invalid

TEXT = st.text(st.characters(exclude_categories=("C", "Z")), max_size=299)


@given(st.integers(-(2**63), 2**63 - 1), TEXT)
def test_a_cursor_holds_the_key_of_the_last_row(number, text):
    assert key_of(cursor_after(number, text), int, str) == [number, text]


def test_a_cursor_can_stand_in_an_address_as_it_is():
    for text in ("a", "ab", "abc", "~~~???>>>", "ÿÿÿ"):
        assert cursor_after(text).replace("-", "").replace("_", "").isalnum()


def _forged(key: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(key).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "nonsense",
        "ä",
        "\ud800",
        "a" * 100_000,
        "=" * 10,
        base64.urlsafe_b64encode(b"[" * 50_000).decode(),
        base64.urlsafe_b64encode(b"\xff\xff").decode(),
        cursor_after(1),
        cursor_after("a", "b"),
        cursor_after(1, "a", 2),
        _forged({"0": 1, "1": "a"}),
        _forged([True, "a"]),
        _forged([1.0, "a"]),
        _forged([2**63, "a"]),
        _forged([-(2**63) - 1, "a"]),
        _forged([1, "a\x00b"]),
        _forged([1, "\ud800"]),
        _forged([1, "a" * 300]),
        _forged([1, None]),
    ],
)
def test_what_we_did_not_give_out_is_refused(cursor):
    with pytest.raises(Invalid) as refused:
        key_of(cursor, int, str)
    assert [error["field"] for error in refused.value.errors] == ["cursor"]


@given(st.text())
def test_no_text_does_more_harm_than_to_be_refused(text):
    with pytest.raises(Invalid):
        key_of(text, int, str)
