"""A first plan: one after the other is seated where it costs least."""

import random

from services.community.seating.floor import Floor
from services.community.seating.room import Room

TRIES = 12  # orders of seating, where some break a constraint


def seat_one_by_one(room: Room, chance: random.Random, begun: Floor | None = None) -> Floor:
    """Return a floor on which everybody sits; constraints may be broken where nothing better was found.

    `begun` is one whose first rounds are seated already.
    """
    kept = begun.copy() if begun else []
    best: Floor | None = None
    for _ in range(TRIES):
        floor = Floor(room, kept)
        for round, tables in enumerate(floor.rounds):
            if not any(tables):
                _seat(floor, round, chance)
        if best is None or floor.cost < best.cost:
            best = floor
        if best.keeps_rules:
            break
    assert best is not None
    return best


def _seat(floor: Floor, round: int, chance: random.Random) -> None:
    room = floor.room
    for one, table in room.fixed.items():
        floor.sit(round, table, one)
    for party in _in_order(room, chance):
        rooms = [table for table in range(room.tables) if _has_room(floor, round, table, len(party))]
        if rooms:
            _seat_party(floor, round, rooms, party)
        else:
            for one in party:
                _seat_party(floor, round, _with_a_chair(floor, round), [one])
    for chair in room.empty:
        floor.sit(round, min(range(room.tables), key=lambda table: len(floor.rounds[round][table])), chair)


def _in_order(room: Room, chance: random.Random) -> list[list[int]]:
    """Return who is still to be seated: those for whom it is hardest first, chance deciding among equals."""
    grouped = {one for group in room.groups for one in group}
    parties = [group for group in room.groups if group[0] not in room.fixed]
    parties += [[one] for one in range(len(room.people)) if one not in grouped and one not in room.fixed]
    chance.shuffle(parties)
    needing = {*room.needs}
    watched = {one for pair in room.apart for one in pair}
    parties.sort(key=lambda party: (needing.isdisjoint(party), -len(party), watched.isdisjoint(party)))
    return parties


def _has_room(floor: Floor, round: int, table: int, wanted: int) -> bool:
    """Tell whether so many more fit, without more tables being full than may be."""
    room, tables = floor.room, floor.rounds[round]
    after = len(tables[table]) + wanted
    if after < room.chairs:
        return True
    full = sum(len(people) == room.chairs for people in tables)
    return after == room.chairs and full < room.tables - len(room.empty)


def _with_a_chair(floor: Floor, round: int) -> list[int]:
    """Return the tables that may take one more; where hosts' groups fill too many tables, any that has a chair."""
    tables = range(floor.room.tables)
    even = [table for table in tables if _has_room(floor, round, table, 1)]
    return even or [table for table in tables if len(floor.rounds[round][table]) < floor.room.chairs]


def _seat_party(floor: Floor, round: int, tables: list[int], party: list[int]) -> None:
    def price(table: int) -> tuple[int, int]:
        return sum(floor.price(round, table, one) for one in party), len(floor.rounds[round][table])

    table = min(tables, key=price)
    for one in party:
        floor.sit(round, table, one)
