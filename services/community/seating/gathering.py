"""A gathering: who is to be seated, and what holds for them; and a plan: who sits where in each round."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

Pair = tuple[str, str]
Table = tuple[str, ...]
Round = tuple[Table, ...]


@dataclass(frozen=True)
class Person:
    """Somebody who comes. `step_free`: they need a table that is reached without steps."""

    id: str
    sector: str | None = None
    organisation: str | None = None
    step_free: bool = False


@dataclass(frozen=True)
class Gathering:
    """Who comes, and what the team wants.

    `size` is how many sit at a table. Each of the `hosts` has a table of their own, the same in all rounds. Those of an
    `apart` never share a table; those of a `together`, two or more, always do. `step_free_tables` is how many tables
    are step-free (None: all), and those are the first. `met` are the pairs who have met before; whoever does not come
    may be among them. `tables` is their number where the room decides it.
    """

    people: tuple[Person, ...]
    size: int
    rounds: int = 1
    hosts: tuple[str, ...] = ()
    apart: tuple[Pair, ...] = ()
    together: tuple[tuple[str, ...], ...] = ()
    step_free_tables: int | None = None
    met: frozenset[Pair] = frozenset()
    tables: int | None = None


@dataclass(frozen=True)
class Plan:
    """The tables of each round, as ids. A table has the same number in all rounds; a round may leave people out."""

    gathering: Gathering
    rounds: tuple[Round, ...]


def pairs_at(table: Table) -> Iterator[Pair]:
    """Yield every two people at a table, the smaller id first."""
    return combinations(sorted(table), 2)


def number_of_tables(people: int, size: int) -> int:
    """Return how many tables come nearest to `size` each, where none has more than one above it.

    61 people at tables of 6 are ten tables, one of them of 7; 8 people are two tables of 4. Of two numbers as near,
    the larger one is taken: at a smaller table it is easier to be heard.
    """
    fewer = max(people // size, 1)
    if people > fewer * (size + 1):
        return fewer + 1
    return fewer if people - fewer * size < (fewer + 1) * size - people else fewer + 1
