"""Late arrivals and absences: a plan is changed in the rounds that are still to come, with the fewest moves.

Whoever comes takes a chair at a table that is short of one, and only where the tables would then differ by more than
one does somebody move who is seated already.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace

from services.community.seating.gathering import Gathering, Person, Plan, pairs_at
from services.community.seating.groups import groups_of

Seats = list[list[str]]


def reseat(plan: Plan, arrived: Iterable[Person] = (), absent: Collection[str] = (), over: int = 0) -> Plan:
    """Return the plan with those who arrived, and without those who are absent, in all rounds but the first `over`.

    As many people change tables as the sizes require, and no more; of those who may, whoever loses least by it. Where
    the sizes cannot be evened out without breaking a constraint they stay uneven, and the plan's score says so. Who is
    absent may arrive later; who arrives a second time is seated anew.
    """
    arrived = list(arrived)
    gathering = _with(plan.gathering, arrived)
    coming = [person.id for person in arrived]
    rules = _Rules(gathering, {frozenset(pair) for pair in gathering.met}, _homes(plan, gathering))
    rounds = list(plan.rounds[:over])
    for table in (table for tables in rounds for table in tables):
        rules.met |= {frozenset(pair) for pair in pairs_at(table)}
    for tables in plan.rounds[over:]:
        seats = [[id for id in table if id not in absent and id not in coming] for table in tables]
        for party in _parties(gathering, coming):
            _seat(seats, party, rules)
        _even_out(seats, rules)
        rounds.append(tuple(tuple(table) for table in seats))
        rules.met |= {frozenset(pair) for table in seats for pair in pairs_at(tuple(table))}
    return Plan(gathering, tuple(rounds))


@dataclass
class _Rules:
    """What decides about a chair: constraints, who has met whom, and whose sector is whose."""

    gathering: Gathering
    met: set[frozenset[str]]
    homes: dict[str, int]
    known: dict[str, Person] = field(init=False)
    apart: set[frozenset[str]] = field(init=False)
    group: dict[str, list[str]] = field(init=False)

    def __post_init__(self) -> None:
        self.known = {person.id: person for person in self.gathering.people}
        self.apart = {frozenset(pair) for pair in self.gathering.apart}
        self.group = {id: group for group in groups_of(self.gathering) for id in group}

    def breaks(self, party: Sequence[str], table: int, others: Sequence[str]) -> int:
        """Return how many constraints break if a party sits at a table beside these others."""
        flat = self.gathering.step_free_tables
        steps = 0 if flat is None or table < flat else sum(self.known[id].step_free for id in party)
        apart = sum(frozenset((one, other)) in self.apart for one in party for other in others)
        return steps + apart + sum(self.homes.get(id, table) != table for id in party)

    def price(self, party: Sequence[str], others: Sequence[str]) -> tuple[int, int]:
        """Return how many have met, and how many are of one sector or organisation, if a party joins these others."""
        pairs = [(one, other) for one in party for other in others]
        alike = sum(_alike(self.known[one], self.known[other]) for one, other in pairs)
        return sum(frozenset(pair) in self.met for pair in pairs), alike


def _seat(seats: Seats, party: list[str], rules: _Rules) -> None:
    """Seat a party where it breaks least, with whom it always sits, and then at the smallest table."""
    mates = {*rules.group.get(party[0], ())}

    def order(table: int) -> tuple[int, int, int, tuple[int, int]]:
        others = seats[table]
        breaks = rules.breaks(party, table, others)
        return -len(mates & {*others}), breaks, len(others), rules.price(party, others)

    seats[min(range(len(seats)), key=order)] += party


def _even_out(seats: Seats, rules: _Rules) -> None:
    """Move one after the other from the largest tables to the smallest, until they differ by one at the most."""
    while True:
        sizes = [len(table) for table in seats]
        if max(sizes) - min(sizes) <= 1:
            return
        moves = [
            (_loss(seats, id, old, new, rules), id, old, new)
            for old, size in enumerate(sizes)
            if size == max(sizes)
            for new, other in enumerate(sizes)
            if other == min(sizes)
            for id in seats[old]
            if _may_move(seats, id, new, rules)
        ]
        if not moves:
            return
        _, id, old, new = min(moves)
        seats[old].remove(id)
        seats[new].append(id)


def _may_move(seats: Seats, id: str, new: int, rules: _Rules) -> bool:
    return id not in rules.group and id not in rules.homes and not rules.breaks([id], new, seats[new])


def _loss(seats: Seats, id: str, old: int, new: int, rules: _Rules) -> tuple[int, int]:
    before = rules.price([id], [other for other in seats[old] if other != id])
    after = rules.price([id], seats[new])
    return after[0] - before[0], after[1] - before[1]


def _parties(gathering: Gathering, coming: list[str]) -> list[list[str]]:
    """Return those who come, with those of them they are always with, the largest party first."""
    groups = [[id for id in group if id in coming] for group in groups_of(gathering)]
    grouped = {id for group in groups for id in group}
    parties = [group for group in groups if group] + [[id] for id in sorted(coming) if id not in grouped]
    return sorted(parties, key=lambda party: -len(party))


def _with(gathering: Gathering, arrived: Iterable[Person]) -> Gathering:
    people = {person.id: person for person in (*gathering.people, *arrived)}
    return replace(gathering, people=tuple(people.values()))


def _homes(plan: Plan, gathering: Gathering) -> dict[str, int]:
    """Return each host's table; a host who comes late takes the first that has none."""
    tables = {id: number for round in plan.rounds for number, table in enumerate(round) for id in table}
    homes = {id: tables[id] for id in gathering.hosts if id in tables}
    known = {person.id for person in gathering.people}
    free = (number for number in range(max(map(len, plan.rounds))) if number not in homes.values())
    late = (id for id in gathering.hosts if id not in homes and id in known)
    return homes | dict(zip(late, free, strict=False))


def _alike(one: Person, other: Person) -> bool:
    return (one.sector is not None and one.sector == other.sector) or (
        one.organisation is not None and one.organisation == other.organisation
    )
