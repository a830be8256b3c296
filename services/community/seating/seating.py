"""Seating a gathering: constraints first, then people who meet for the first time, then mixed tables."""

import random

from services.community.seating.annealing import anneal
from services.community.seating.designed import designed_floor
from services.community.seating.floor import Floor
from services.community.seating.gathering import Gathering, Plan
from services.community.seating.greedy import seat_one_by_one
from services.community.seating.room import Room
from services.community.seating.scoring import possible

EFFORT = 1_000  # exchanges weighed for each chair and round
MOST_MOVES = 1_500_000
HOT, COOL = 0.25, 0.12  # between these temperatures meetings settle, in prices of meeting again
COLD = 0.3  # at this one mixing has settled, in prices of sharing a sector


def seat(gathering: Gathering, seed: int = 1) -> Plan:
    """Return a plan for all rounds; the same one for the same gathering and seed, whatever the order of the people.

    What it breaks, where no seating was found that breaks nothing, is in its score. Raises CannotBeSeated.
    """
    room = Room(gathering)
    chance = random.Random(seed)
    moves = min(EFFORT * room.seats * room.rounds, MOST_MOVES)
    floor = designed_floor(room, chance)
    if floor is None or not _nothing_to_gain(floor, gathering):
        greedy = seat_one_by_one(room, chance)
        least = _least_repeats(greedy, gathering)
        anneal(greedy, chance, HOT * room.again, COOL * room.again, moves, lambda floor: _is_new(floor, least))
        floor = greedy if floor is None or greedy.cost < floor.cost else floor
    if room.mixes:
        anneal(floor, chance, COOL * room.again, COLD, moves, lambda floor: False)
    return plan_of(floor, gathering)


def _nothing_to_gain(floor: Floor, gathering: Gathering) -> bool:
    return _is_new(floor, _least_repeats(floor, gathering))


def _is_new(floor: Floor, least: int) -> bool:
    """Tell whether no constraint is broken and all meetings are new that can be."""
    return floor.keeps_rules and floor.repeats() <= least


def _least_repeats(floor: Floor, gathering: Gathering) -> int:
    """Return how many meetings of pairs who have met there must be, those left out who always sit together."""
    room, plan = floor.room, plan_of(floor, gathering)
    at_once = sum(len(table) * (len(table) - 1) // 2 for tables in plan.rounds for table in tables)
    always = len(room.together) * room.rounds
    return at_once - always - (possible(plan) - len(room.together - room.met))


def plan_of(floor: Floor, gathering: Gathering) -> Plan:
    """Return a floor with the ids of the people; at each table the host sits first, and the others by id."""
    ids = [person.id for person in floor.room.people]
    hosts = {*gathering.hosts}
    rounds = []
    for tables in floor.rounds:
        seated = [[ids[one] for one in table if one < len(ids)] for table in tables]
        rounds.append(tuple(tuple(sorted(table, key=lambda id: (id not in hosts, id))) for table in seated))
    return Plan(gathering, tuple(rounds))
