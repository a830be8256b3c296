"""What of reach may leave the house: see services/runtime/to_share.py."""

from typing import Any

from services.runtime.to_share import FEW, STEP, rounded

PEOPLE = (
    *("people", "new", "returning", "booked", "attended", "absent", "waiting", "organisations"),
    "first_meetings",
)


def shared(counts: dict[str, Any]) -> dict[str, Any]:
    """Return counts as they may be shared: hours and share of few people are left out."""
    told = {name: rounded(number) if name in PEOPLE else number for name, number in counts.items()}
    few = told["people"] == FEW
    hours = None if few else round(counts["hours"] / STEP) * STEP
    share = None if few or not counts["workforce"] else round(told["people"] / counts["workforce"], 4)
    return {**told, "hours": hours, "share": share}
