"""What is kept of the design system's components is what they would be written as anew."""

import pytest
from markupsafe import Markup

from gateway.web.pages.components import MOST, components

nhsuk = components()
FIELD = {"id": "name", "name": "name", "label": {"text": "Name"}}
WORDS, BOLD = "<b>Both</b>", Markup("<b>Both</b>")


@pytest.mark.parametrize("first", [WORDS, BOLD], ids=["words first", "markup first"])
def test_words_stay_words_beside_markup_that_reads_the_same(first):
    for text in (first, WORDS, BOLD, WORDS):
        written = nhsuk.button({"text": text, "id": str(first == BOLD)})
        assert (BOLD in written) == isinstance(text, Markup)


def test_what_is_equal_and_not_the_same_is_told_apart():
    assert [nhsuk.button({"text": text}).split(">")[1].split("<")[0].strip() for text in ("1", "True")] == ["1", "True"]
    one, true = (nhsuk.select({**FIELD, "items": [{"value": value, "text": "A"}]}) for value in (1, True))
    assert 'value="1"' in one
    assert 'value="True"' in true


@pytest.mark.parametrize("typed", ["Asha", "", " ", "<b>"])
def test_a_field_shows_what_is_typed_now(typed):
    for value in ("somebody else's", typed, "", typed):
        written = nhsuk.input({**FIELD, "value": value})
        assert written == nhsuk.input({**FIELD, "value": Markup.escape(value)})  # which is not kept


def test_choices_that_are_read_once_are_each_shown():
    for names in (["A", "B"], ["C"]):
        items = ({"value": name, "text": name} for name in names)
        written = nhsuk.select({**FIELD, "items": items})
        assert [name for name in "ABC" if f'value="{name}"' in written] == names


def test_a_component_is_not_changed_by_what_is_done_with_its_parameters_later():
    params = {**FIELD, "items": [{"value": "a", "text": "A"}]}
    before = nhsuk.select(params)
    params["items"].append({"value": "b", "text": "B"})
    assert 'value="b"' in nhsuk.select(params)
    assert nhsuk.select({**FIELD, "items": [{"value": "a", "text": "A"}]}) == before


def test_no_more_are_kept_than_there_is_room_for():
    written = [nhsuk.backLink({"href": f"/{n}", "text": "Back"}) for n in range(MOST + 5)]
    assert [f'href="/{n}"' in one for n, one in enumerate(written)] == [True] * (MOST + 5)
    assert nhsuk.backLink({"href": "/0", "text": "Back"}) == written[0]
