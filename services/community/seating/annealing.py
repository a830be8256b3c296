"""Simulated annealing: exchanges that cost more are made too, ever more seldom, so that the search leaves dead ends.

Its effort is a number of exchanges that are weighed, and never a time: the same seed gives the same plan everywhere.
"""

import random
from collections.abc import Callable
from math import exp

from services.community.seating.floor import Floor, Tables

LEVELS = 60  # steps in which it cools


def anneal(
    floor: Floor, chance: random.Random, hot: float, cold: float, moves: int, done: Callable[[Floor], bool]
) -> None:
    """Improve a floor by weighing up that many exchanges, from the one temperature (a cost) to the other.

    The floor ends as the best that was found at the end of a level, and never worse than it was. Stops when it is done.
    """
    best, kept = floor.cost, floor.copy()
    free = [one for one in range(floor.room.seats) if one not in floor.room.fixed]
    if floor.room.tables < 2 or len(free) < 2:
        return
    for level in range(LEVELS):
        if done(floor):
            break
        _level(floor, chance, free, hot * (cold / hot) ** (level / (LEVELS - 1)), moves // LEVELS)
        if floor.cost < best:
            best, kept = floor.cost, floor.copy()
    if floor.cost > best:
        floor.restore(kept, best)


def _level(floor: Floor, chance: random.Random, free: list[int], heat: float, moves: int) -> None:
    """Weigh up exchanges at one temperature.

    `Floor.weigh` is written out here: this loop is all that the search does, and a call costs as much as the sums.
    """
    draw, rounds, ats, steps, add, off = chance.random, floor.rounds, floor.at, floor.steps, floor.add, floor.off
    added, saved = [row.__getitem__ for row in add], [row.__getitem__ for row in off]
    grouped = {one: group for group in floor.room.groups for one in group}
    number, count, limit = len(rounds), len(free), 16 * heat
    for _ in range(moves):
        round = int(draw() * number)
        a, b = free[int(draw() * count)], free[int(draw() * count)]
        at = ats[round]
        here, there = at[a], at[b]
        if here == there:
            continue
        if grouped and (a in grouped or b in grouped):
            if a in grouped:
                _move_group(floor, chance, round, a, b, grouped, heat)
            continue
        ours, theirs, add_a, add_b = rounds[round][here], rounds[round][there], added[a], added[b]
        rise = sum(map(add_b, ours)) - add_b(a) - sum(map(saved[a], ours))
        rise += sum(map(add_a, theirs)) - add_a(b) - sum(map(saved[b], theirs))
        if wanted := steps[a]:
            rise += wanted[there] - wanted[here]
        if wanted := steps[b]:
            rise += wanted[here] - wanted[there]
        if rise <= 0 or (rise < limit and draw() < exp(-rise / heat)):
            floor.exchange(round, a, b)
            floor.cost += rise


def _move_group(
    floor: Floor, chance: random.Random, round: int, a: int, b: int, grouped: dict[int, list[int]], heat: float
) -> None:
    """Exchange the groups of two people, or the group of one for as many others at the table of the other."""
    leaving, coming = _parties(floor, chance, floor.rounds[round], floor.at[round], grouped, a, b)
    if len(leaving) != len(coming):
        return
    rise = floor.weigh_parties(round, leaving, coming)
    if rise <= 0 or chance.random() < exp(-min(rise / heat, 700)):
        for one, other in zip(leaving, coming, strict=True):
            floor.exchange(round, one, other)
        floor.cost += rise


def _parties(
    floor: Floor,
    chance: random.Random,
    tables: Tables,
    at: list[int],
    grouped: dict[int, list[int]],
    a: int,
    b: int,
) -> tuple[list[int], list[int]]:
    """Return who leaves the table of a, and who comes from that of b: the smaller party is filled up with others."""
    parties = []
    for one in (a, b):
        group = grouped.get(one, [one])
        whole = all(at[mate] == at[one] and mate not in floor.room.fixed for mate in group)
        parties.append(list(group) if whole else [one])
    for party, size in zip(parties, (len(parties[1]), len(parties[0])), strict=True):
        others = [one for one in tables[at[party[0]]] if one not in grouped and one not in floor.room.fixed]
        others = [one for one in others if one not in party]
        wanted = size - len(party)
        if 0 < wanted <= len(others):
            party += chance.sample(others, wanted)
    return parties[0], parties[1]
