"""One kind of problem."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """How one kind of refusal is told: the HTTP status, a title, and a paragraph for the page that explains it."""

    status: int
    title: str
    explanation: str
