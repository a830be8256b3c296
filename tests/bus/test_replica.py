"""What names lead on to, in whatever order it was told."""

import pytest

from services.bus.replica import led_to


@pytest.mark.parametrize(
    ("renamed", "name", "now"),
    [
        ({}, "a", "a"),
        ({"a": "b"}, "a", "b"),
        ({"a": "b", "b": "c"}, "a", "c"),
        ({"a": "b", "b": None}, "a", None),
        ({"a": None}, "a", None),
        ({"a": "a", "b": "a"}, "b", "a"),
        ({"a": "b", "b": "a"}, "a", "a"),
        ({"a": "b", "b": "c", "c": "b"}, "a", "a"),
    ],
)
def test_a_name_leads_on_to_the_last_one_and_a_ring_leads_nowhere(renamed, name, now):
    assert led_to(renamed, name) == now
