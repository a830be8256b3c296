"""The contrast of colours is that of WCAG."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.runtime import contrast

COLOURS = st.integers(0, 0xFFFFFF).map("#{:06x}".format)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("#000000", "#ffffff", 21.0),
        ("#777777", "#ffffff", 4.48),  # the well-known grey that just fails
        ("#767676", "#ffffff", 4.54),  # and the one that just passes
        ("#005eb8", "#ffffff", 6.38),
        ("#ff0000", "#ffffff", 4.0),
    ],
)
def test_known_colours_measure_as_the_published_tools_measure_them(one, other, expected):
    assert contrast.ratio(one, other) == pytest.approx(expected, abs=0.01)


@given(COLOURS, COLOURS)
def test_the_order_of_colours_does_not_matter_and_the_ratio_is_from_1_to_21(one, other):
    assert contrast.ratio(one, other) == contrast.ratio(other, one)
    assert 1.0 <= contrast.ratio(one, other) <= 21.0 + 1e-9
    assert contrast.ratio(one, one) == 1.0
