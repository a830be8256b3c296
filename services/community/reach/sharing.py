"""What of a figure may leave the house: 1 to 4 is hidden, and everything else is rounded to the nearest 5.

NHS England publishes its own statistics by this rule. A total is rounded from the true total, not added up from parts.
"""

from typing import Any

FEW = "<5"
FEWEST, STEP = 5, 5
PEOPLE = ("people", "new", "returning", "booked", "attended", "absent", "organisations", "first_meetings")


def rounded(number: int) -> int | str:
    """Return a count as it may be shared: `"<5"` for 1 to 4, or the nearest 5."""
    return FEW if 0 < number < FEWEST else (number + STEP // 2) // STEP * STEP


def shared(counts: dict[str, Any]) -> dict[str, Any]:
    """Return counts as they may be shared: hours and share of few people are left out."""
    told = {name: rounded(number) if name in PEOPLE else number for name, number in counts.items()}
    few = told["people"] == FEW
    hours = None if few else round(counts["hours"] / STEP) * STEP
    share = None if few or not counts["workforce"] else round(told["people"] / counts["workforce"], 4)
    return {**told, "hours": hours, "share": share}
