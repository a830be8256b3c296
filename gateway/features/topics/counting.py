"""How many people want to hear of each topic, and how many members picked it: numbers, and never who."""

from collections.abc import Callable, Iterable
from typing import Final

from gateway.projection.call import Call
from gateway.projection.read_model import Data
from services.runtime.refusals import Refusal, Unavailable

Counts = dict[str, dict[str, int] | None]  # by what is counted, and then by topic; None where that is not known now
ASKS: Final[dict[str, Callable[[Call], Data]]] = {
    "interested": lambda call: dict(call.registration("interest_in_topics").value["topics"]),
    "members": lambda call: dict(call.community("picked_topics").value["topics"]),
}


def counts(call: Call) -> Counts:
    """Return how many people there are of each kind. Raises Unavailable where a service does not answer."""
    return {what: ask(call) for what, ask in ASKS.items()}


def counts_known(call: Call) -> Counts:
    """Return how many people there are of each kind, as far as that can be found out now."""
    known: Counts = {}
    for what, ask in ASKS.items():
        try:
            known[what] = ask(call)
        except Refusal as refusal:
            if refusal.code != Unavailable.code:
                raise
            known[what] = None
    return known


def with_people(rows: Iterable[Data], people: Counts) -> list[Data]:
    """Return topics as the catalogue lists them, with how many people each has; None where that is not known."""
    return [
        {**row, **{what: None if of is None else of.get(row["slug"], 0) for what, of in people.items()}} for row in rows
    ]
