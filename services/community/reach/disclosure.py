"""Disclosure control: decides which figures of a sector may be shown, so that no group of 1 to 4 people is worked out.

All figures of a sector, for each period, programme and organisation, are one table with margins. A figure is shown,
hidden as under five, or hidden because a hidden one could be worked out of it. To find out, the house attacks its own
table: it assumes a reader who knows every figure that is shown, which hidden ones are nought, and how figures follow
from one another, and hides more until that reader can work out none that is 1 to 4, nor a difference of 1 to 4 people.
See docs/decisions/0011-reach-without-names.md.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from services.community.reach.linear import worked_out
from services.community.reach.tables import FEWEST, Cell, Holds, Shown, Sum, are_close

DEAR = 10_000  # what a figure is worth that is hidden only where nothing else helps
NO_BOUND = 1 << 40  # more people than there are: what follows from it is no bound either
MOST_TURNS = 40  # of each sum: bounds that creep on by one person after so many have pinned nobody so far
PRIME = (1 << 61) - 1


class Table:
    """Figures that follow from one another. What is nought needs no figure: that it is so is taken as known."""

    def __init__(self, figures: dict[Cell, int], worth: dict[Cell, int], sums: Iterable[Sum]) -> None:
        """`worth` is how much the readers want a figure: of two, the less wanted is hidden.

        Figures that are the same, as one is the only part of the other, are taken as one: by a name that they share.
        """
        present = {cell: number for cell, number in figures.items() if number}
        lines = list(_without_noughts(present, sums))
        self.same: dict[Cell, Cell] = {cell: cell for cell in present}
        for line in lines:
            if line.holds is Holds.EXACTLY and len(line.parts) == 1:
                self._join(line.whole, line.parts[0])
        self.figures = {self.name(cell): number for cell, number in present.items()}
        self.worth = dict.fromkeys(self.figures, 0)
        for cell in present:
            self.worth[self.name(cell)] = max(self.worth[self.name(cell)], worth[cell])
        self.sums = list(dict.fromkeys(self._named(lines)))
        self.shown = {name: Shown.EXACT if n >= FEWEST else Shown.UNDER_FIVE for name, n in self.figures.items()}
        self._of: dict[Cell, list[Sum]] = defaultdict(list)
        for line in self.sums:
            for cell in (line.whole, *line.parts):
                self._of[cell].append(line)

    def name(self, cell: Cell) -> Cell:
        """Return the name that a figure shares with those that are the same."""
        while self.same[cell] != cell:
            cell = self.same[cell]
        return cell

    def _join(self, one: Cell, other: Cell) -> None:
        self.same[self.name(other)] = self.name(one)

    def _named(self, lines: Iterable[Sum]) -> Iterator[Sum]:
        for line in lines:
            whole, parts = self.name(line.whole), tuple(sorted({self.name(part) for part in line.parts}, key=repr))
            if whole not in parts:
                yield Sum(whole, parts, line.holds)
            else:  # it is covered by one of them already
                yield from (Sum(whole, (part,), Holds.AT_MOST) for part in parts if part != whole)

    def protect(self) -> dict[Cell, Shown]:
        """Hide what has to be hidden; return what is shown of each figure."""
        self._hide_small_differences()
        while self._shows_anything():
            attack = Attack(self)
            found = attack.found() or worked_out(self.figures, self.sums, self.shown)
            if not found:
                break
            if not (self._hide_beside(attack, found) or self._leave_open(found)):
                self._hide_causes(attack, found)
        return {cell: self.shown[self.name(cell)] for cell in self.same}

    def _hide_beside(self, attack: "Attack", found: Iterable[tuple[Cell, ...]]) -> bool:
        """Hide one figure more of each sum in which what was found is the only unknown; return whether it did."""
        hidden = False
        for cell in dict.fromkeys(cell for group in found for cell in group if self.shown[cell] is not Shown.EXACT):
            for line in self._of[cell]:
                others = [other for other in (line.whole, *line.parts) if other != cell]
                there = [one for one in others if self.shown[one] is Shown.EXACT and self.worth[one] < DEAR]
                if there and all(map(attack.is_known, others)):
                    self._hide(min(there, key=self._price))
                    hidden = True
        return hidden

    def _leave_open(self, found: Iterable[tuple[Cell, ...]]) -> bool:
        """Say no more that what was found, and what is beside it, is under five: that they are may be what tells."""
        cells = dict.fromkeys(cell for group in found for cell in group)
        lines = [line for cell in cells for line in self._of[cell]]
        few = [cell for line in lines for cell in (line.whole, *line.parts) if self.shown[cell] is Shown.UNDER_FIVE]
        for cell in few:
            self._hide(cell)
        return bool(few)

    def _hide_small_differences(self) -> None:
        for line in sorted(self.sums, key=lambda line: -self.worth[line.whole]):
            for part in line.parts:
                both = (line.whole, part)
                if all(self.shown[cell] is Shown.EXACT for cell in both) and are_close(self.figures, *both):
                    self._hide(min(both, key=self._price))

    def _shows_anything(self) -> bool:
        return any(shown is not Shown.NOTHING for shown in self.shown.values())

    def _hide_causes(self, attack: "Attack", found: Iterable[tuple[Cell, ...]]) -> None:
        """Hide a figure that each group was worked out of, unless one of its own has just been hidden for another."""
        hidden: set[Cell] = set()
        for group in found:
            causes = list(attack.causes(group))
            if all(hidden.isdisjoint(cells) for cells in causes):
                one = self._hide_one(causes) or self._hide_one(self._around(group))
                hidden |= {one} if one is not None else self._hide_all()

    def _hide_one(self, nearest: Iterable[set[Cell]]) -> Cell | None:
        """Hide the cheapest of the figures that come first, but what is dear only at last; return which."""
        rings = list(nearest)
        for dearest in (DEAR - 1, DEAR):
            for cells in rings:
                there = [one for one in cells if self.shown[one] is Shown.EXACT and self.worth[one] <= dearest]
                if there:
                    cheapest = min(there, key=self._price)
                    self._hide(cheapest)
                    return cheapest
        return None

    def _hide_all(self) -> set[Cell]:
        for cell in self.shown:
            self._hide(cell)
        return set(self.shown)

    def _around(self, group: tuple[Cell, ...]) -> Iterator[set[Cell]]:
        """Yield the figures of a group with those beside it, then those beside these, and so on."""
        seen = edge = set(group)
        while edge:
            beside = {cell for found in edge for line in self._of[found] for cell in (line.whole, *line.parts)}
            yield (seen | beside) if edge is seen else beside - seen
            edge, seen = beside - seen, seen | beside

    def _hide(self, cell: Cell) -> None:
        self.shown[cell] = Shown.NOTHING

    def _price(self, cell: Cell) -> tuple[int, int, str]:
        return self.worth[cell], self.figures[cell], repr(cell)


class Attack:
    """What a reader can work out: by bounds that follow from bounds, and by solving the sums that hold exactly."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self.low: dict[Cell, int] = {}
        self.high: dict[Cell, int] = {}
        self._lifted: dict[Cell, Sum] = {}  # by which sum the low bound of a figure was set last
        self._lowered: dict[Cell, Sum] = {}  # the same of the high one
        for cell, shown in table.shown.items():
            exact = table.figures[cell]
            self.low[cell] = exact if shown is Shown.EXACT else 1
            self.high[cell] = {Shown.EXACT: exact, Shown.UNDER_FIVE: FEWEST - 1}.get(shown, 2 * NO_BOUND)
        self._bound()
        self._solve()

    def found(self) -> list[tuple[Cell, ...]]:
        """Return the groups of 1 to 4 people that were worked out: a figure, or two that differ by so many."""
        figures = self.table.figures
        cells: list[tuple[Cell, ...]] = [(cell,) for cell, n in figures.items() if n < FEWEST and self.is_known(cell)]
        for line in self.table.sums:
            if self.is_known(line.whole):
                small = (part for part in line.parts if are_close(figures, line.whole, part))
                cells += [(line.whole, part) for part in small if self.is_known(part)]
                rest = figures[line.whole] - sum(figures[part] for part in line.parts)
                if line.holds is Holds.AT_MOST and 0 < rest < FEWEST and all(map(self.is_known, line.parts)):
                    cells.append((line.whole, *line.parts))
        return cells

    def is_known(self, cell: Cell) -> bool:
        return self.low[cell] == self.high[cell]

    def causes(self, group: tuple[Cell, ...]) -> Iterator[set[Cell]]:
        """Yield a group and what its bounds were set by, then what set the bounds of these, and so on."""
        seen: set[tuple[Cell, bool]] = set()
        edge = {(cell, side) for cell in group for side in (True, False)}
        while edge:
            yield {cell for cell, _ in edge}
            seen |= edge
            edge = {cause for cell, is_high in edge for cause in self._causes(cell, is_high)} - seen

    def _causes(self, cell: Cell, is_high: bool) -> Iterator[tuple[Cell, bool]]:
        """Yield the bounds, low or high, that one was worked out of."""
        line = (self._lowered if is_high else self._lifted).get(cell)
        if line is None:
            return
        if cell == line.whole:
            yield from ((part, is_high) for part in line.parts)
        else:
            yield line.whole, is_high
            yield from ((part, not is_high) for part in line.parts if part != cell)

    def _bound(self) -> None:
        """Narrow the bounds until they stay."""
        waiting = dict.fromkeys(n for n, line in enumerate(self.table.sums) if not self._is_settled(line))
        lines_of: dict[Cell, list[int]] = defaultdict(list)
        for n in waiting:
            for cell in (self.table.sums[n].whole, *self.table.sums[n].parts):
                lines_of[cell].append(n)
        turns = MOST_TURNS * len(waiting)
        while waiting and (turns := turns - 1) >= 0:
            n = next(iter(waiting))
            del waiting[n]
            for cell in self._narrow(self.table.sums[n]):
                waiting.update(dict.fromkeys(lines_of[cell]))

    def _is_settled(self, line: Sum) -> bool:
        return all(self.is_known(cell) for cell in (line.whole, *line.parts))

    def _narrow(self, line: Sum) -> set[Cell]:
        """Narrow the bounds of one sum; return what changed."""
        low, high, whole, changed = self.low, self.high, line.whole, set()

        def at_least(cell: Cell, number: int) -> None:
            if low[cell] < number <= high[cell]:
                low[cell], self._lifted[cell] = number, line
                changed.add(cell)

        def at_most(cell: Cell, number: int) -> None:
            if high[cell] > number >= low[cell] and number < NO_BOUND:
                high[cell], self._lowered[cell] = number, line
                changed.add(cell)

        least, most = sum(low[part] for part in line.parts), sum(high[part] for part in line.parts)
        at_least(whole, max(low[part] for part in line.parts))
        if line.holds is not Holds.AT_LEAST:
            at_least(whole, least)
        if line.holds is not Holds.AT_MOST:
            at_most(whole, most)
        for part in line.parts:
            at_most(part, high[whole])
            if line.holds is not Holds.AT_LEAST:
                at_most(part, high[whole] - (least - low[part]))
            if line.holds is not Holds.AT_MOST:
                at_least(part, low[whole] - (most - high[part]))
        return changed

    def _solve(self) -> None:
        """Solve the sums that hold exactly for what is not known: a row with one unknown tells it."""
        rows: dict[Cell, dict[Cell, int]] = {}  # by the unknown that each row is solved for
        for line in self.table.sums:
            if line.holds is Holds.EXACTLY:
                row = {part: 1 for part in line.parts if not self.is_known(part)}
                if not self.is_known(line.whole):
                    row[line.whole] = PRIME - 1
                self._eliminate(rows, row)
        for unknown, row in rows.items():
            if len(row) == 1:
                self.low[unknown] = self.high[unknown] = self.table.figures[unknown]

    @staticmethod
    def _eliminate(rows: dict[Cell, dict[Cell, int]], row: dict[Cell, int]) -> None:
        """Add a row to those that are solved already, and solve them for its first unknown too."""
        for unknown in [cell for cell in row if cell in rows]:
            _subtract(row, rows[unknown], row[unknown])
        if not row:
            return
        first = next(iter(row))
        inverse = pow(row[first], -1, PRIME)
        rows[first] = {cell: factor * inverse % PRIME for cell, factor in row.items()}
        for unknown, other in rows.items():
            if unknown != first and first in other:
                _subtract(other, rows[first], other[first])


def _subtract(row: dict[Cell, int], other: dict[Cell, int], times: int) -> None:
    for cell, factor in other.items():
        left = (row.get(cell, 0) - times * factor) % PRIME
        if left:
            row[cell] = left
        else:
            row.pop(cell, None)


def _without_noughts(present: dict[Cell, int], sums: Iterable[Sum]) -> Iterator[Sum]:
    """Yield the sums of what there is; parts that come to exactly the whole are assumed to be known to do so."""
    for line in sums:
        parts = tuple(part for part in line.parts if part in present)
        if line.whole in present and parts:
            same = sum(present[part] for part in parts) == present[line.whole]
            yield Sum(line.whole, parts, Holds.EXACTLY if same else line.holds)
