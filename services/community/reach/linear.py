"""The strongest attack on a table of figures: a linear programme over all that is shown, for each that is hidden.

What it cannot move by one person, up or down, while everything that is shown stays as it is, can be worked out.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from services.community.reach.tables import FEWEST, Cell, Holds, Shown, Sum, are_close

TINY = 1e-9
Row = Mapping[int, int]


def worked_out(figures: Mapping[Cell, int], sums: Iterable[Sum], shown: Mapping[Cell, Shown]) -> list[tuple[Cell, ...]]:
    """Return the figures of 1 to 4 people, and the pairs that differ by 1 to 4, that can be worked out exactly."""
    lines = list(sums)
    unknown = [cell for cell in figures if shown[cell] is not Shown.EXACT]
    place = {cell: n for n, cell in enumerate(unknown)}
    rows, slack = _constraints(figures, lines, shown, place)
    sought: list[tuple[Row, tuple[Cell, ...]]] = [({place[c]: 1}, (c,)) for c in unknown if figures[c] < FEWEST]
    for line in lines:
        for part in line.parts:
            if are_close(figures, line.whole, part):
                both = ((line.whole, 1), (part, -1))
                sought.append(({place[c]: sign for c, sign in both if c in place}, (line.whole, part)))
    can_move = {name: any(_can_grow(rows, slack, aim, sign, len(unknown)) for sign in (1, -1)) for aim, name in sought}
    return [name for name, moves in can_move.items() if not moves]


def _constraints(
    figures: Mapping[Cell, int], sums: Iterable[Sum], shown: Mapping[Cell, Shown], place: Mapping[Cell, int]
) -> tuple[list[Row], list[int]]:
    """Return rows and their slack at the truth: moving away from it by d is possible where row · d <= slack."""
    rows: list[Row] = []
    slack: list[int] = []

    def at_most_zero(cells: list[tuple[Cell, int]]) -> None:
        """Add that the sum of each figure times its factor is not above 0."""
        row: dict[int, int] = defaultdict(int)
        for cell, factor in cells:
            if cell in place:
                row[place[cell]] += factor
        if row:
            rows.append(row)
            slack.append(-sum(factor * figures[cell] for cell, factor in cells))

    for cell, n in place.items():
        rows.append({n: -1})
        slack.append(figures[cell] - 1)
        if shown[cell] is Shown.UNDER_FIVE:
            rows.append({n: 1})
            slack.append(FEWEST - 1 - figures[cell])
    for line in sums:
        if line.holds is not Holds.AT_LEAST:
            at_most_zero([*((part, 1) for part in line.parts), (line.whole, -1)])
        if line.holds is not Holds.AT_MOST:
            at_most_zero([*((part, -1) for part in line.parts), (line.whole, 1)])
        for part in line.parts:
            at_most_zero([(part, 1), (line.whole, -1)])
    return rows, slack


def _can_grow(rows: list[Row], slack: list[int], aim: Row, sign: int, size: int) -> bool:
    """Tell whether the aim can be 1 more (or less, by `sign`) than it is: the simplex method, by Bland's rule."""
    if not aim:
        return False
    width = 2 * size + len(rows)  # up, down, and slack
    body = []
    for n, (row, rest) in enumerate(zip(rows, slack, strict=True)):
        line = [0.0] * (width + 1)
        for at, factor in row.items():
            line[at], line[size + at] = factor, -factor
        line[2 * size + n], line[-1] = 1.0, rest
        body.append(line)
    costs = [0.0] * (width + 1)
    for at, factor in aim.items():
        costs[at], costs[size + at] = -sign * factor, sign * factor
    basis = [2 * size + n for n in range(len(rows))]
    while costs[-1] < 1 - TINY:
        enters = next((at for at in range(width) if costs[at] < -TINY), None)
        if enters is None:
            return False
        able = [(round(line[-1] / line[enters], 9), basis[n], n) for n, line in enumerate(body) if line[enters] > TINY]
        if not able:
            return True
        _, _, leaves = min(able)
        _pivot(body, costs, leaves, enters)
        basis[leaves] = enters
    return True


def _pivot(body: list[list[float]], costs: list[float], leaves: int, enters: int) -> None:
    """Exchange the unknown of row `leaves` for that of column `enters`."""
    by = body[leaves][enters]
    body[leaves] = pivot = [number / by for number in body[leaves]]
    for line in (*(line for n, line in enumerate(body) if n != leaves), costs):
        if factor := line[enters]:
            for at, number in enumerate(pivot):
                if number:
                    left = line[at] - factor * number
                    line[at] = left if abs(left) > TINY else 0.0
