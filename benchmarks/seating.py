"""Who meets whom: the published social golfer instances, and gatherings as the programme has them, beside plain ways.

The instances are those of CSPLib's problem 010, named groups-size-rounds; what counts is how many pairs meet at all, of
as many as could. Beside ours stand seating at random in each round, and rotating: whoever has chair 3 of a table moves
on by three tables each round, which is what one does with a list and a pencil.
"""

import random
import time
from dataclasses import dataclass
from itertools import combinations, islice

from benchmarks.load import Broken
from benchmarks.report import Table, figure
from services.community.seating import Gathering, Person, Plan, score, seat
from services.community.seating.designs import find_design, most_meetings

GOLFERS = {  # what was asked for
    (3, 3, 4): 1.0,
    (4, 4, 5): 1.0,
    (5, 3, 7): 1.0,
    (5, 5, 6): 1.0,
    (10, 6, 5): 1.0,
    (7, 7, 8): 1.0,
    (7, 3, 10): 0.99,
    (9, 3, 13): 0.99,
    (8, 4, 10): 0.97,
}
GOLFERS_SECONDS = 10
SECTORS = [f"sector {number}" for number in range(12)]
SIZE, ROUNDS = 6, 5
GATHERINGS = {60: 2, 300: 20}  # people, and the seconds that it may take


@dataclass(frozen=True)
class Amount:
    """Which are seated: of the published instances, the first so many, and gatherings of so many people."""

    golfers: int
    gatherings: dict[int, int]


ALL = Amount(len(GOLFERS), GATHERINGS)
AMOUNTS = {"full": ALL, "quick": ALL, "tiny": Amount(2, {12: 2})}


def golfers(number: int) -> Table:
    """Return the share of all meetings that could be, ours and others', in so many instances. Raises Broken."""
    table = Table("Tables: pairs who meet ÷ the most that can", "ours", "took", "rotating", "at random")
    for (tables, size, rounds), least in islice(GOLFERS.items(), number):
        gathering = Gathering(tuple(Person(f"{number:03}") for number in range(tables * size)), size, rounds)
        plan, took = _timed(gathering)
        most = most_meetings(tables, size, rounds)
        ours, rotating, by_chance = (_met(each) / most for each in (plan, _rotating(gathering), _at_random(gathering)))
        limit = figure(took, " s", at_most=GOLFERS_SECONDS)
        exact = f"{ours:.4f} (≥ {least} {'✓' if ours >= least else '✗'})"
        table.add(f"{tables}-{size}-{rounds}", exact, limit, f"{rotating:.2f}", f"{by_chance:.2f}")
    return table


def gatherings(seconds_for: dict[int, int]) -> Table:
    """Return first meetings of those possible, and sectors a table, with and without all that a team can ask for.

    Raises Broken where a constraint is broken.
    """
    table = Table(
        "Tables of a session: first meetings, and sectors at a table",
        "ours",
        "took",
        "rotating",
        "at random",
        "sectors",
    )
    for number, seconds in seconds_for.items():
        name = f"{number} people, {ROUNDS} rounds at tables of {SIZE}"
        for asked, gathering in {"plain": _made_up(number), "asked for much": _asked_for_much(number)}.items():
            plan, took = _timed(gathering)
            counted = score(plan)
            if counted.broken:
                raise Broken(f"{name}: {counted.broken[0]}")
            others = [score(each) for each in (_rotating(gathering), _at_random(gathering))]
            sectors = " ".join(f"{each.sectors_per_table:.2f}" for each in (counted, *others))
            table.add(
                f"{name}, {asked}",
                f"{counted.met_new:,} of {counted.possible:,}",
                figure(took, " s", at_most=seconds),
                *(f"{each.met_new:,}" for each in others),
                sectors,
            )
    table.note("Asked for much: a host a table, a tenth of all pairs of a person met before, pairs apart and together,")
    table.note("and step-free tables. Rotating and at random break what was asked for. Sectors in the same order.")
    return table


def _timed(gathering: Gathering) -> tuple[Plan, float]:
    find_design.cache_clear()
    began = time.process_time()
    plan = seat(gathering)
    return plan, time.process_time() - began


def _met(plan: Plan) -> int:
    return len({frozenset(pair) for tables in plan.rounds for table in tables for pair in combinations(table, 2)})


def _rotating(gathering: Gathering) -> Plan:
    """Have chair c of each table, counted from 0, move on by c tables each round."""
    tables = len(gathering.people) // gathering.size
    ids = [person.id for person in gathering.people]

    def table_of(number: int, round: int) -> int:
        return (number % tables + number // tables * round) % tables

    rounds = []
    for round in range(gathering.rounds):
        at: list[list[str]] = [[] for _ in range(tables)]
        for number, id in enumerate(ids):
            at[table_of(number, round)].append(id)
        rounds.append(tuple(map(tuple, at)))
    return Plan(gathering, tuple(rounds))


def _at_random(gathering: Gathering) -> Plan:
    chance = random.Random(1)
    ids, size, rounds = [person.id for person in gathering.people], gathering.size, []
    for _ in range(gathering.rounds):
        chance.shuffle(ids)
        rounds.append(tuple(tuple(ids[start : start + size]) for start in range(0, len(ids), size)))
    return Plan(gathering, tuple(rounds))


def _made_up(number: int) -> Gathering:
    """Make up people of twelve sectors, few large and many small, with organisations of each."""
    chance = random.Random(1)
    weights = [1 / (rank + 1) for rank in range(len(SECTORS))]
    people = []
    for one in range(number):
        [sector] = chance.choices(SECTORS, weights)
        organisation = f"{sector}, organisation {int(chance.paretovariate(1.2)) % 60}"
        people.append(Person(f"{one:03}", sector, organisation, step_free=one % 10 == 9))
    return Gathering(tuple(people), SIZE, ROUNDS)


def _asked_for_much(number: int) -> Gathering:
    chance = random.Random(2)
    plain = _made_up(number)
    ids = [person.id for person in plain.people]
    others = ids[number // 6 :]
    chance.shuffle(others)
    pairs = list(zip(others[::2], others[1::2], strict=False))
    return Gathering(
        plain.people,
        plain.size,
        plain.rounds,
        hosts=tuple(ids[: number // 6]),
        apart=tuple(pairs[: number // 12]),
        together=tuple(pairs[number // 12 : number // 12 + number // 20]),
        step_free_tables=max(number // 20, 1),
        met=frozenset((min(pair), max(pair)) for pair in (chance.sample(ids, 2) for _ in range(number * 5))),
    )
