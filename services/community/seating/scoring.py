"""What a plan is worth: who meets for the first time, how mixed the tables are, and which constraints it breaks."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import combinations, pairwise

from services.community.seating.gathering import Gathering, Person, Plan, Round, pairs_at
from services.community.seating.groups import groups_of


@dataclass(frozen=True)
class Broken:
    """A constraint that a round breaks, and for whom.

    `rule` is apart, together, step-free, host (not at their own table), twice (seated twice) or uneven (sizes differ by
    more than one; `people` are those at the largest table). Rounds count from 0.
    """

    rule: str
    round: int
    people: tuple[str, ...]


@dataclass(frozen=True)
class RoundScore:
    """One round: pairs who meet for the first time, and each table's number of sectors."""

    met_new: int
    sectors: tuple[int, ...]


@dataclass(frozen=True)
class Score:
    """`possible` is a bound that `met_new` cannot pass where nothing is broken; it may lie beyond what can be reached.

    `sectors_per_table` is the mean over all tables of all rounds that somebody sits at.
    """

    met_new: int
    possible: int
    sectors_per_table: float
    rounds: tuple[RoundScore, ...]
    broken: tuple[Broken, ...]


def score(plan: Plan) -> Score:
    """Count what a plan comes to, as it stands: made by `seat`, by `reseat` or by hand."""
    known = {person.id: person for person in plan.gathering.people}
    met = {tuple(sorted(pair)) for pair in plan.gathering.met}
    rounds = []
    for tables in plan.rounds:
        new = {pair for table in tables for pair in pairs_at(table)} - met
        met |= new
        rounds.append(RoundScore(len(new), tuple(_sectors(table, known) for table in tables)))
    counts = [count for each in rounds for count in each.sectors if count]
    return Score(
        sum(each.met_new for each in rounds),
        possible(plan),
        round(sum(counts) / len(counts), 2) if counts else 0.0,
        tuple(rounds),
        tuple(broken(plan)),
    )


def broken(plan: Plan) -> list[Broken]:
    """Return the constraints that a plan breaks, round by round; none where all is as it was wanted."""
    found: list[Broken] = []
    homes = _homes(plan)
    groups = groups_of(plan.gathering)
    for number, tables in enumerate(plan.rounds):
        at = {id: table for table, people in enumerate(tables) for id in people}
        for rule, check in _CHECKS.items():
            found += [Broken(rule, number, people) for people in check(plan.gathering, tables, at)]
        split = [group for group in groups if len({at[id] for id in group if id in at}) > 1]
        found += [Broken("together", number, tuple(group)) for group in split]
        found += [Broken("host", number, (id,)) for id, home in homes.items() if at.get(id, home) != home]
    return found


def possible(plan: Plan) -> int:
    """Return a number of first meetings that no seating of these people in these rounds can pass that breaks nothing.

    Everybody can only meet whom they may share a table with and have not met, and only as many in a round as there are
    other chairs at the largest table; those who are always together fill chairs without meeting anew.
    """
    gathering = plan.gathering
    new = _may_meet(plan)
    mates = {id: {*group} - {id} for group in groups_of(gathering) for id in group}
    doubled = 0
    chairs = dict.fromkeys(new, 0)
    for tables in plan.rounds:
        largest = max(map(len, tables), default=0)
        for id in (id for table in tables for id in table):
            chairs[id] += max(largest - 1 - len(mates.get(id, ())), 0)
    for id, others in new.items():
        doubled += min(len(others), chairs[id] + len(others & mates.get(id, set())))
    slots = sum(len(table) * (len(table) - 1) // 2 for tables in plan.rounds for table in tables)
    return min(doubled // 2, slots)


def _may_meet(plan: Plan) -> dict[str, set[str]]:
    """Return whom each may share a table with and has not met; only those who are there in the same round."""
    gathering, tables = plan.gathering, _tables_for(plan)
    never = {tuple(sorted(pair)) for pair in (*gathering.met, *gathering.apart)}
    present = {person.id: 0 for person in gathering.people}
    for number, round_ in enumerate(plan.rounds):
        for id in (id for table in round_ for id in table if id in present):
            present[id] |= 1 << number
    may: dict[str, set[str]] = {id: set() for id in present}
    for one, other in combinations(sorted(present), 2):
        if present[one] & present[other] and tables[one] & tables[other] and (one, other) not in never:
            may[one].add(other)
            may[other].add(one)
    return may


def _tables_for(plan: Plan) -> dict[str, frozenset[int]]:
    """Return the tables that each may sit at."""
    gathering, homes = plan.gathering, _homes(plan)
    count = max(map(len, plan.rounds), default=0)
    everywhere, flat = frozenset(range(count)), frozenset(range(_step_free(gathering, count)))
    tables = {person.id: flat if person.step_free else everywhere for person in gathering.people}
    return tables | {id: frozenset([home]) for id, home in homes.items()}


def _homes(plan: Plan) -> dict[str, int]:
    """Return each host's table: where they sit first."""
    homes: dict[str, int] = {}
    for tables in plan.rounds:
        for number, table in enumerate(tables):
            for id in {*table} & {*plan.gathering.hosts}:
                homes.setdefault(id, number)
    return homes


def _step_free(gathering: Gathering, tables: int) -> int:
    return tables if gathering.step_free_tables is None else gathering.step_free_tables


def _sectors(table: Iterable[str], known: dict[str, Person]) -> int:
    return len({known[id].sector for id in table if id in known and known[id].sector is not None})


At = dict[str, int]


def _apart(gathering: Gathering, tables: Round, at: At) -> Iterable[tuple[str, ...]]:
    return [pair for pair in gathering.apart if at.get(pair[0], -1) == at.get(pair[1], -2)]


def _up_steps(gathering: Gathering, tables: Round, at: At) -> Iterable[tuple[str, ...]]:
    first = _step_free(gathering, len(tables))
    return [(one.id,) for one in gathering.people if one.step_free and at.get(one.id, -1) >= first]


def _shared_by_hosts(gathering: Gathering, tables: Round, at: At) -> Iterable[tuple[str, ...]]:
    hosts = [tuple(sorted({*table} & {*gathering.hosts})) for table in tables]
    return [shared for shared in hosts if len(shared) > 1]


def _twice(gathering: Gathering, tables: Round, at: At) -> Iterable[tuple[str, ...]]:
    ids = sorted(id for table in tables for id in table)
    return [(one,) for one, other in pairwise(ids) if one == other]


def _uneven(gathering: Gathering, tables: Round, at: At) -> Iterable[tuple[str, ...]]:
    largest, smallest = max(tables, key=len, default=()), min(tables, key=len, default=())
    return [largest] if len(largest) - len(smallest) > 1 else []


_CHECKS: dict[str, Callable[[Gathering, Round, At], Iterable[tuple[str, ...]]]] = {
    "apart": _apart,
    "step-free": _up_steps,
    "host": _shared_by_hosts,
    "twice": _twice,
    "uneven": _uneven,
}
