"""A first plan from a design: where nothing ties people to one another, or to a table but one host to each."""

import random
from itertools import chain, combinations
from math import exp

from services.community.seating.cyclic import Design
from services.community.seating.designs import find_design
from services.community.seating.floor import Floor, Tables
from services.community.seating.greedy import seat_one_by_one
from services.community.seating.room import Room

TRIES = 80  # for each chair: exchanges of two people in all rounds at once
COLDEST = 0.3


def designed_floor(room: Room, chance: random.Random) -> Floor | None:
    """Return a floor that follows a design, None where none fits.

    Whose points of the design are whose is settled by annealing: it leaves first meetings as they are, and has past
    ones, sectors and those who are kept apart decide. Rounds beyond the design are seated one by one.
    """
    if room.groups or room.needs or room.tables < 2:
        return None
    design = find_design(room.tables, room.chairs, room.rounds)
    points = _points(room, design)
    if points is None:
        return None
    rounds = [[[points[point] for point in table] for table in round] for round in design]
    floor = Floor(room, [_in_order_of_hosts(room, tables) for tables in rounds])
    _spread_empty_chairs(floor)
    _settle_points(floor, chance, len(rounds))
    return seat_one_by_one(room, chance, floor) if len(rounds) < room.rounds else floor


def _points(room: Room, design: Design) -> list[int] | None:
    """Return who takes which point: hosts and empty chairs such as never meet, others column by column as alike.

    None where there are not as many points for the hosts.
    """
    met = {pair for table in chain.from_iterable(design) for pair in combinations(sorted(table), 2)}
    hosting = _strangers(list(range(room.seats)), met, len(room.fixed))
    if len(hosting) < len(room.fixed):
        return None
    taken: dict[int, int] = dict(zip(hosting, room.fixed, strict=True))
    others = [point for point in reversed(range(room.seats)) if point not in taken]
    standing_empty = _strangers(others, met, len(room.empty))
    standing_empty += [point for point in others if point not in standing_empty]
    taken |= dict(zip(standing_empty, room.empty, strict=False))
    alike = sorted((one for one in range(len(room.people)) if one not in room.fixed), key=room.kind)
    free = (point for point in range(room.seats) if point not in taken)
    taken |= dict(zip(free, alike, strict=True))
    return [taken[point] for point in range(room.seats)]


def _strangers(points: list[int], met: set[tuple[int, int]], wanted: int) -> list[int]:
    """Return up to so many of the points of whom no two meet."""
    chosen: list[int] = []
    for point in points:
        if len(chosen) < wanted and all((min(point, one), max(point, one)) not in met for one in chosen):
            chosen.append(point)
    return chosen


def _in_order_of_hosts(room: Room, tables: Tables) -> Tables:
    """Return the tables of a round with each host's at its number."""
    homes = {room.fixed[one]: table for table in tables for one in table if one in room.fixed}
    others = iter([table for table in tables if room.fixed.keys().isdisjoint(table)])
    return [homes.get(number) or next(others) for number in range(room.tables)]


def _spread_empty_chairs(floor: Floor) -> None:
    """Where a table has two empty chairs, have one exchanged for whoever costs least of a table that has none."""
    first = len(floor.room.people)
    for round, tables in enumerate(floor.rounds):
        while crowded := next((table for table in tables if sum(one >= first for one in table) > 1), None):
            chair = max(crowded)
            full = [one for table in tables if max(table) < first for one in table if one not in floor.room.fixed]
            one = min(full, key=lambda one: floor.weigh(round, chair, one))
            floor.cost += floor.weigh(round, chair, one)
            floor.exchange(round, chair, one)


def _settle_points(floor: Floor, chance: random.Random, rounds: int) -> None:
    """Exchange two people in all rounds at once, where that costs less or, by chance, not much more."""
    free = [one for one in range(len(floor.room.people)) if one not in floor.room.fixed]
    moves = TRIES * len(free) if floor.room.has_preferences and len(free) > 1 else 0
    heat = 0.3 * floor.room.again
    cooling = (COLDEST / heat) ** (1 / max(moves, 1))
    for _ in range(moves):
        heat *= cooling
        one, other = chance.sample(free, 2)
        rise = _exchange_everywhere(floor, one, other, rounds)
        if rise > 0 and chance.random() >= exp(-min(rise / heat, 700)):
            _exchange_everywhere(floor, one, other, rounds)


def _exchange_everywhere(floor: Floor, one: int, other: int, rounds: int) -> int:
    before = floor.cost
    for round in range(rounds):
        if floor.at[round][one] != floor.at[round][other]:
            floor.cost += floor.weigh(round, one, other)
            floor.exchange(round, one, other)
    return floor.cost - before
