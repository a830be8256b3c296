"""What an import answers, as tests compare it."""

from typing import Any


def wrong(told: dict[str, Any]) -> list[tuple[int, str, str]]:
    """Return the line, the column and the code of each error."""
    return [(error["line"], error["column"], error["code"]) for error in told["errors"]]


def counts(told: dict[str, Any]) -> dict[str, int]:
    """Return how many things are new, changed and as they were."""
    return {name: told[name] for name in ("add", "change", "same")}
