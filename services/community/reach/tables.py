"""What figures are to one another: wholes and parts, and how each is shown."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from enum import Enum

FEWEST = 5

Cell = Hashable


class Shown(Enum):
    """What a reader sees of a figure."""

    EXACT = "exact"
    UNDER_FIVE = "under five"
    NOTHING = "nothing"


class Holds(Enum):
    """How the parts of a whole add up."""

    EXACTLY = "the parts are the whole"
    AT_LEAST = "the parts cover the whole, and may overlap"
    AT_MOST = "the parts are apart, and there may be more"


@dataclass(frozen=True)
class Sum:
    """A whole and its parts. Each part is within the whole."""

    whole: Cell
    parts: tuple[Cell, ...]
    holds: Holds


def are_close(figures: Mapping[Cell, int], whole: Cell, part: Cell) -> bool:
    """Tell whether a whole and its part differ by a few people, who must not be found by subtraction."""
    return 0 < figures[whole] - figures[part] < FEWEST
