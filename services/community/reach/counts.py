"""Counts the people of a sector: in each period and programme, and by organisation. Exact, and for nobody's eyes.

What is counted here goes through `disclosure` before anything of it is kept or shown.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from services.community.reach.periods import ALL, year_of

Slice = tuple[str, str]  # a period, and a programme ("" for all)
People = dict[Slice, set[str]]


@dataclass
class Counted:
    """The people of a sector. `organisations` has a period where the others have a programme too."""

    came: People = field(default_factory=lambda: defaultdict(set))
    booked: People = field(default_factory=lambda: defaultdict(set))
    new: People = field(default_factory=lambda: defaultdict(set))
    organisations: dict[tuple[str, str], set[str]] = field(default_factory=lambda: defaultdict(set))
    reached: dict[Slice, set[str]] = field(default_factory=lambda: defaultdict(set))  # organisations, of a slice
    never: list[str] = field(default_factory=list)
    rows: int = 0


@dataclass
class Gathered:
    """What there is to count of a sector. People and sessions are numbers: nobody's name or key is in it."""

    sessions: list[tuple[str, str, bool]]  # the quarter, the programme, and whether it is over
    known: list[str]  # the organisations that people of the sector have accounts from
    rows: list[tuple[int, int, str | None, bool]] = field(default_factory=list)  # person, session, organisation, came
    elsewhere: list[tuple[int, int]] = field(default_factory=list)  # where the same people came from another sector


def joined(parts: Sequence[Gathered]) -> Gathered:
    """Return the first part with the rows of all others: each has some of what there is to count."""
    whole, *others = parts
    for part in others:
        whole.rows += part.rows
        whole.elsewhere += part.elsewhere
    return whole


def count(gathered: Gathered) -> Counted:
    """Count the people of a sector in the sessions that have ended, or that it is recorded who attended."""
    sessions = dict(enumerate(gathered.sessions))
    came = [*gathered.elsewhere, *((person, session) for person, session, _, attended in gathered.rows if attended)]
    first: dict[int, str] = {}
    for person, session in came:
        quarter = sessions[session][0]
        first[person] = min(first.get(person, quarter), quarter)
    counted = counted_of(gathered.rows, sessions, first)
    counted.never = sorted(set(gathered.known) - {name for _, name in counted.organisations})
    return counted


def counted_of(rows: Iterable[Any], sessions: Mapping[Any, tuple[str, str, bool]], first: Mapping[Any, str]) -> Counted:
    """Count rows of `(person, session, organisation, attended)`.

    A session is its quarter, its programme, and whether it is over; `first` is when people were first reached.
    """
    counted = Counted()
    for person, session, organisation, attended in rows:
        counted.rows += 1
        quarter, programme, is_over = sessions.get(session, ("", "", False))
        if not quarter or not (is_over or attended):
            continue
        counted.booked[quarter, programme].add(person)
        if attended:
            counted.came[quarter, programme].add(person)
            counted.organisations[quarter, organisation or ""].add(person)
            if organisation:
                counted.reached[quarter, programme].add(organisation)
    for leaves in (counted.came, counted.booked, counted.reached):
        _add_up(leaves)
    _add_up_periods(counted.organisations)
    _find_new(counted, first)
    return counted


def _add_up(leaves: dict[Slice, set[str]]) -> None:
    """Join the quarters of each programme to years and all time, and the programmes to all of them."""
    for (quarter, programme), people in list(leaves.items()):
        for period in (quarter, year_of(quarter), ALL):
            for of in ("", programme):
                if (period, of) != (quarter, programme):
                    leaves[period, of] |= people


def _add_up_periods(leaves: dict[tuple[str, str], set[str]]) -> None:
    for (quarter, name), people in list(leaves.items()):
        leaves[year_of(quarter), name] |= people
        leaves[ALL, name] |= people


def _find_new(counted: Counted, first: Mapping[Any, str]) -> None:
    """Find who was reached in a period and never before it."""
    began: dict[str, set[str]] = defaultdict(set)
    for person, quarter in first.items():
        began[quarter].add(person)
        began[year_of(quarter)].add(person)
    for (period, programme), people in counted.came.items():
        counted.new[period, programme] = people if period == ALL else people & began[period]
