"""Designs with a symmetry, found by a search that the symmetry makes small.

The points are columns of Z_m, and up to two that stay fixed; adding 1 to all of Z_m turns the design into itself. A
base round stands for `length` rounds, a divisor of m: its tables are moved by 0, 1 … length−1, and within a round by
the multiples of length. Pairs that differ by a rotation meet or do not meet together, so that a search over base
rounds has only to cover the orbits of pairs. This is how cyclic Kirkman systems are found (Colbourn and Dinitz,
Handbook of Combinatorial Designs, on difference methods).
"""

import random
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from itertools import chain, combinations
from math import exp

Design = list[list[list[int]]]
Changes = tuple[tuple[list[int], int, int, int], ...]  # of tables: which place, who was there, who comes

MOVES = 500  # of one search, for each point
SEARCHES = 24  # over all symmetries
HOT, COLD = 0.5, 0.12  # in rotations of a pair


@dataclass(frozen=True)
class Symmetry:
    """The order m of the group, how many points stay fixed, and for how many rounds each base round stands."""

    order: int
    fixed: int
    lengths: tuple[int, ...]


def develop_best(tables: int, size: int, rounds: int, bound: int, chance: random.Random) -> Design:
    """Return the design of that many rounds in which most pairs meet, of those that were found; stops at `bound`."""
    symmetries = list(_symmetries(tables, size, rounds))
    best: Design = []
    most = 0
    for search in range(SEARCHES if symmetries else 0):
        symmetry = symmetries[search % len(symmetries)]
        met, base = _Search(tables * size, size, symmetry, chance).run()
        if met > most:
            most, best = met, develop(tables * size, symmetry, base)
        if most >= bound:
            break
    return best


def _symmetries(tables: int, size: int, rounds: int) -> Iterator[Symmetry]:
    """Yield the symmetries that fit, those with the largest group, which leave least to search, first."""
    points = tables * size
    for order in range(points, 2, -1):
        fixed = points % order
        lengths = [
            order // part
            for part in range(1, order + 1)
            if order % part == 0 and tables % part == 0 and (part == 1 or fixed == 0)
        ]
        filled = _fill(rounds, lengths)
        if fixed <= 2 and filled:
            yield Symmetry(order, fixed, filled)


def _fill(rounds: int, lengths: list[int]) -> tuple[int, ...]:
    """Return lengths that make up so many rounds, the largest first; none where that does not come out."""
    chosen: list[int] = []
    for length in lengths:
        while length <= rounds:
            chosen.append(length)
            rounds -= length
    return () if rounds else tuple(chosen)


def develop(points: int, symmetry: Symmetry, base: Design) -> Design:
    """Return all rounds that base rounds stand for."""
    order, moving = symmetry.order, points - symmetry.fixed

    def turned(table: list[int], by: int) -> list[int]:
        return [_rotated(point, by, order) if point < moving else point for point in table]

    return [
        [turned(table, turn) for table in tables for turn in range(start, order, length)]
        for length, tables in zip(symmetry.lengths, base, strict=True)
        for start in range(length)
    ]


class _Search:
    """One annealing over base rounds, in which what counts is how many pairs have met at all."""

    def __init__(self, points: int, size: int, symmetry: Symmetry, chance: random.Random) -> None:
        self.points, self.size, self.symmetry, self.draw = points, size, symmetry, chance.random
        self.orbit, self.pairs = _orbits(points, symmetry)
        self.covered = [0] * len(self.pairs)
        self.base = [self._any_round(length, chance) for length in symmetry.lengths]
        self.met = 0
        for table in chain.from_iterable(self.base):
            for number, point in enumerate(table):
                self.met += self._join(table[:number], point)

    def run(self) -> tuple[int, Design]:
        """Return how many pairs meet in the best base rounds that were found, and those."""
        best, kept, goal = self.met, deepcopy(self.base), sum(self.pairs)
        heat, moves = HOT * self.symmetry.order, MOVES * self.points
        cooling = (COLD / HOT) ** (1 / moves)
        for _ in range(moves):
            heat *= cooling
            self._try(heat)
            if self.met > best:
                best, kept = self.met, deepcopy(self.base)
                if best == goal:
                    break
        return best, kept

    def _try(self, heat: float) -> None:
        """Exchange two points of a base round, or rotate one, if that is better or, by chance, not much worse."""
        draw = self.draw
        which = int(draw() * len(self.base))
        tables, length = self.base[which], self.symmetry.lengths[which]
        ours, theirs = tables[int(draw() * len(tables))], tables[int(draw() * len(tables))]
        i, j = int(draw() * self.size), int(draw() * self.size)
        one, other = ours[i], theirs[j]
        if ours is not theirs:
            changes = ((ours, i, one, self._turned(other, length)), (theirs, j, other, self._turned(one, length)))
            self._change(changes, heat)
        elif length < self.symmetry.order:
            self._change(((ours, i, one, self._turned(one, length)),), heat)

    def _change(self, changes: Changes, heat: float) -> None:
        gain = 0
        for table, place, old, new in changes:
            gain -= self._leave(table, old)
            table[place] = new
        for table, _, _, new in changes:
            gain += self._join(table, new)
        if gain >= 0 or self.draw() < exp(gain / heat):
            self.met += gain
            return
        for table, place, old, new in changes:
            self._leave(table, new)
            table[place] = old
        for table, _, old, _ in changes:
            self._join(table, old)

    def _leave(self, table: list[int], point: int) -> int:
        """Take a point from a table; return how many pairs no longer meet."""
        covered, pairs, orbit, lost = self.covered, self.pairs, self.orbit[point], 0
        for other in table:
            if other != point:
                which = orbit[other]
                covered[which] -= 1
                if not covered[which]:
                    lost += pairs[which]
        return lost

    def _join(self, table: list[int], point: int) -> int:
        """Add a point to a table; return how many pairs meet now that did not."""
        covered, pairs, orbit, won = self.covered, self.pairs, self.orbit[point], 0
        for other in table:
            if other != point:
                which = orbit[other]
                if not covered[which]:
                    won += pairs[which]
                covered[which] += 1
        return won

    def _turned(self, point: int, length: int) -> int:
        """Return any of the points that stand for the same ones in a base round of that length."""
        order = self.symmetry.order
        return point if length == order else _rotated(point, length * int(self.draw() * order), order)

    def _any_round(self, length: int, chance: random.Random) -> list[list[int]]:
        """Return a base round: of the points that are rotated into one another by `length`, one."""
        order, moving = self.symmetry.order, self.points - self.symmetry.fixed
        points = [start + x for start in range(0, moving, order) for x in range(length)]
        points += range(moving, self.points)
        chance.shuffle(points)
        return [points[start : start + self.size] for start in range(0, len(points), self.size)]


def _orbits(points: int, symmetry: Symmetry) -> tuple[list[list[int]], list[int]]:
    """Return the orbit that each pair is in, and how many pairs are in each."""
    orbit = [[-1] * points for _ in range(points)]
    pairs: list[int] = []
    moving = points - symmetry.fixed
    for a, b in combinations(range(points), 2):
        if orbit[a][b] < 0:
            count = 0
            while orbit[a][b] < 0:
                orbit[a][b] = orbit[b][a] = len(pairs)
                count += 1
                a, b = (_rotated(point, 1, symmetry.order) if point < moving else point for point in (a, b))
            pairs.append(count)
    return orbit, pairs


def _rotated(point: int, by: int, order: int) -> int:
    """Return where a point that moves comes to within its column."""
    row = point % order
    return point - row + (row + by) % order
