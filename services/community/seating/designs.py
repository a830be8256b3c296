"""Plans for the plain case, in which nobody meets twice, by construction.

A design is a list of rounds, of tables, of points: `tables` × `size` of them, from 0 on. Point i·tables + x is the one
of column i and row x. In all transversal rounds each table takes one point of each column.
"""

import random
from functools import lru_cache
from itertools import chain, combinations

from services.community.seating.cyclic import Design, develop, develop_best
from services.community.seating.fields import field, prime_power
from services.community.seating.starters import STARTERS

LARGEST_FIELD = 128  # beyond it, making the tables of the field takes longer than the search
MOST_POINTS = 80  # beyond it, cyclic designs are not looked for: greedy rounds hardly repeat a meeting


@lru_cache(maxsize=64)
def find_design(tables: int, size: int, rounds: int) -> Design:
    """Return at most that many rounds: all of them and without repetition where a construction is known.

    Otherwise it is what makes most new meetings: fewer rounds with no repetition, or rounds with a few.
    """
    direct = without_repetition(tables, size, rounds)
    bound = most_meetings(tables, size, rounds)
    if meetings(direct) >= bound or tables * size > MOST_POINTS:
        return direct
    if known := STARTERS.get((tables, size, rounds)):
        return develop(tables * size, *known)
    cyclic = develop_best(tables, size, rounds, bound, random.Random(0))
    return max(direct, cyclic, key=meetings)


def without_repetition(tables: int, size: int, rounds: int) -> Design:
    """Return rounds in which nobody meets twice, up to `rounds`: transversal ones, then tables within the columns.

    With q tables, q a power of a prime, and up to q chairs, there are q transversal rounds (the lines of an affine
    plane); with as many as fit (size−1)·(rounds−1) < tables, any number of tables will do. If the columns can be
    filled with tables, each is a smaller case of the same: from this come the affine spaces, with all of their lines.
    """
    design = _transversal(tables, size, rounds)
    if tables % size == 0 and len(design) < rounds:
        inner = without_repetition(tables // size, size, rounds - len(design))
        for round in inner:
            moved = [[[column * tables + point for point in table] for table in round] for column in range(size)]
            design.append(list(chain.from_iterable(moved)))
    return design


def _transversal(tables: int, size: int, rounds: int) -> Design:
    if tables == 1:
        return [[list(range(size))]]
    if size <= tables <= LARGEST_FIELD and prime_power(tables):
        addition, multiplication = field(tables)
        return [
            [
                [column * tables + addition[row][multiplication[round][column]] for column in range(size)]
                for row in range(tables)
            ]
            for round in range(min(rounds, tables))
        ]
    fitting = min(rounds, (tables - 1) // max(size - 1, 1) + 1)
    return [
        [[column * tables + (row + round * column) % tables for column in range(size)] for row in range(tables)]
        for round in range(fitting)
    ]


def meetings(design: Design) -> int:
    """Return how many pairs meet."""
    tables = chain.from_iterable(design)
    return len({pair for table in tables for pair in combinations(sorted(table), 2)})


def most_meetings(tables: int, size: int, rounds: int) -> int:
    """Return how many pairs can meet at the most."""
    points = tables * size
    return min(rounds * tables * size * (size - 1) // 2, points * (points - 1) // 2)
