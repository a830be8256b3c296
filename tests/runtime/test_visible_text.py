"""What texts of one line protect: others see a name, and what stands after it stands as it was written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from marshmallow import ValidationError

from services.runtime.schemas import Text
from services.runtime.visible_text import TURNS, is_visible, tidy

NAME = Text(120)
NOTHING = ["\u200b", "\u3000", "\u0301\u0302", "\u200d\u0301", "\u3164", "\u2800", "\u202e\u2066", "\u00ad", "\ufe0f"]


@pytest.mark.parametrize("text", NOTHING)
def test_a_name_of_which_nothing_is_seen_is_refused(text):
    with pytest.raises(ValidationError) as refused:
        NAME.deserialize(text)
    assert [fault.code for fault in refused.value.messages] in (["nothing-visible"], ["too-short"])


@pytest.mark.parametrize("text", NOTHING)
def test_what_may_be_empty_is_empty_where_nothing_of_it_is_seen(text):
    assert Text(120, blank=True).deserialize(text) == ""


@pytest.mark.parametrize("text", ["\u200b", "\u0301"])
def test_nor_do_several_lines_say_anything_of_which_nothing_is_seen(text):
    with pytest.raises(ValidationError):
        Text(120, lines=True).deserialize(text)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("\u200bAnn Berg\ufeff ", "Ann Berg"),
        ("Ann \u202eBerg", "Ann Berg"),
        ("\u2067דנה\u2069", "דנה"),
        ("\u2066\u202a Ann \u202c", "Ann"),
    ],
)
def test_a_name_turns_nothing_round_that_stands_after_it(typed, kept):
    assert NAME.deserialize(typed) == kept


@pytest.mark.parametrize(
    "name",
    [
        "Zoë O’Neill",
        "مح\u200cمد",
        "क्\u200dष",
        "דנה לוי",
        "李小龍",
        "R2-D2",
        "J\u030c",
        "\u0e2d\u200b\u0e19",
        "\U0001f469\u200d\u2695\ufe0f",
    ],
)
def test_names_of_all_writing_stay_as_they_are(name):
    assert NAME.deserialize(name) == name


@given(st.text())
def test_tidying_twice_is_tidying_once(text):
    tidied = tidy(text)
    assert tidy(tidied) == tidied
    assert not TURNS.search(tidied)
    is_visible(tidied)
