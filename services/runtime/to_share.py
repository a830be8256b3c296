"""What of a figure may leave the house: 1 to 4 is hidden, and everything else is rounded to the nearest 5.

NHS England publishes its own statistics by this rule. A total is rounded from the true total, not added up from parts.
"""

from typing import Any

from marshmallow import fields

FEW = "<5"
FEWEST, STEP = 5, 5


def rounded(number: int) -> int | str:
    """Return a count as it may be shared: `"<5"` for 1 to 4, or the nearest 5."""
    return FEW if 0 < number < FEWEST else (number + STEP // 2) // STEP * STEP


class Figure(fields.Raw):
    """A number, exact; where it is to be shared, a multiple of 5, or `"<5"` for 1 to 4."""

    def __init__(self, **kwargs: Any) -> None:
        shape = {"anyOf": [{"type": "integer", "minimum": 0}, {"const": FEW}]}
        super().__init__(metadata={**shape, "description": (type(self).__doc__ or "").strip()}, **kwargs)
