"""The strongest attack on a table of figures: a linear programme over all that is shown, for each that is hidden.

What it cannot move by one person, up or down, while everything that is shown stays as it is, can be worked out. It is
the attacker's problem of Fischetti and Salazar, “Models and algorithms for optimizing cell suppression in tabular data
with linear constraints” (2000), solved by HiGHS.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

import highspy
import numpy as np

from services.community.reach.tables import FEWEST, Cell, Holds, Shown, Sum, are_close

ONE_PERSON = 1 - 1e-6  # to the solver's tolerance
DUAL, PRIMAL = 1, 4  # as HiGHS numbers the ways of the simplex method
WITHOUT_END = (highspy.HighsModelStatus.kUnbounded, highspy.HighsModelStatus.kUnboundedOrInfeasible)  # 0 is feasible

Aim = Mapping[int, int]  # the factor of each unknown


def worked_out(figures: Mapping[Cell, int], sums: Iterable[Sum], shown: Mapping[Cell, Shown]) -> list[tuple[Cell, ...]]:
    """Return the figures of 1 to 4 people, and the pairs that differ by 1 to 4, that can be worked out exactly."""
    lines = list(sums)
    reader = Reader(figures, lines, shown)
    sought = list(_sought(figures, lines, reader.unknown))
    for sign in (1, -1):  # most can move together, and need not be asked for one by one
        reader.moves(_together(aim for aim, _ in sought), sign)
        sought = [one for one in sought if not reader.has_moved(one[0])]
    found = []
    while sought:
        (aim, cells), *sought = sought
        if reader.moves(aim, 1) or reader.moves(aim, -1):
            sought = [one for one in sought if not reader.has_moved(one[0])]
        else:
            found.append(cells)
    return found


def _sought(
    figures: Mapping[Cell, int], lines: Iterable[Sum], unknown: Mapping[Cell, int]
) -> Iterator[tuple[Aim, tuple[Cell, ...]]]:
    """Yield what must not be worked out; the aim is empty where it is shown."""
    for cell, at in unknown.items():
        if figures[cell] < FEWEST:
            yield {at: 1}, (cell,)
    for line in lines:
        for part in line.parts:
            if are_close(figures, line.whole, part):
                both = ((line.whole, 1), (part, -1))
                yield {unknown[cell]: sign for cell, sign in both if cell in unknown}, (line.whole, part)


def _together(aims: Iterable[Aim]) -> Aim:
    whole: Counter[int] = Counter()
    for aim in aims:
        whole.update(aim)
    return whole


class Silent(highspy.Highs):
    """The solver, which otherwise prints its name as soon as it is made."""

    def enableCallbacks(self) -> None:  # noqa: N802 - the solver's own name
        """Turn off what is printed, before the first thing that would."""
        self.setOptionValue("output_flag", False)
        super().enableCallbacks()  # type: ignore[no-untyped-call]


class Reader:
    """Somebody who knows all that is shown. An unknown is how far a hidden figure may be from what it is."""

    def __init__(self, figures: Mapping[Cell, int], lines: Iterable[Sum], shown: Mapping[Cell, Shown]) -> None:
        hidden = [cell for cell in figures if shown[cell] is not Shown.EXACT]
        self.unknown = {cell: at for at, cell in enumerate(hidden)}
        self._figures = figures
        self._moved = np.zeros(len(hidden))
        self._solver = Silent()  # type: ignore[no-untyped-call]
        self._solver.setOptionValue("presolve", "off")  # each programme begins where the last one ended,
        self._solver.setOptionValue("simplex_strategy", PRIMAL)  # which is feasible still
        self._solver.changeObjectiveSense(highspy.ObjSense.kMaximize)
        least = [1.0 - figures[cell] for cell in hidden]  # it is known which are nought
        most = [
            FEWEST - 1.0 - figures[cell] if shown[cell] is Shown.UNDER_FIVE else highspy.kHighsInf for cell in hidden
        ]
        self._solver.addVars(len(hidden), np.array(least), np.array(most))
        for line in lines:
            self._learn(line)

    def moves(self, aim: Aim, sign: int) -> bool:
        """Move the aim up, or down, as far as it can be for all that is shown; say whether that is one person's way.

        What the solver finds no answer to counts as not moved, so that rather too much is hidden than too little.
        """
        if not aim:
            return False
        at, costs = np.array(list(aim), dtype=np.int32), np.array([float(sign * factor) for factor in aim.values()])
        self._solver.changeColsCost(len(aim), at, costs)
        status = self._solved()
        solved = status == highspy.HighsModelStatus.kOptimal
        self._moved = np.array(self._solver.getSolution().col_value) if solved else np.zeros(len(self.unknown))
        self._solver.changeColsCost(len(aim), at, np.zeros(len(aim)))
        return status in WITHOUT_END or self.has_moved(aim)

    def _solved(self) -> highspy.HighsModelStatus:
        """Solve what is asked now: from where it was before, or where it loses its way there, from the start.

        It does so at times for rounding, and then by one method and not by another.
        """
        self._solver.run()
        for strategy in (PRIMAL, DUAL):
            if self._solver.getModelStatus() == highspy.HighsModelStatus.kUnknown:
                self._solver.clearSolver()
                self._solver.setOptionValue("simplex_strategy", strategy)
                self._solver.run()
        self._solver.setOptionValue("simplex_strategy", PRIMAL)
        return self._solver.getModelStatus()

    def has_moved(self, aim: Aim) -> bool:
        """Say whether what moved last has moved this one along, by one person or more."""
        return bool(abs(sum(factor * self._moved[at] for at, factor in aim.items())) >= ONE_PERSON)

    def _learn(self, line: Sum) -> None:
        """Take a sum into account."""
        rest = self._figures[line.whole] - sum(self._figures[part] for part in line.parts)
        covered = highspy.kHighsInf if line.holds is Holds.AT_LEAST else float(rest)
        apart = -highspy.kHighsInf if line.holds is Holds.AT_MOST else float(rest)
        self._add(apart, covered, [*((part, 1) for part in line.parts), (line.whole, -1)])
        if line.holds is Holds.AT_LEAST:  # otherwise it follows from the sum that each part is within the whole
            for part in line.parts:
                within = self._figures[line.whole] - self._figures[part]
                self._add(-highspy.kHighsInf, float(within), [(part, 1), (line.whole, -1)])

    def _add(self, least: float, most: float, cells: Iterable[tuple[Cell, int]]) -> None:
        row = {self.unknown[cell]: float(factor) for cell, factor in cells if cell in self.unknown}
        if row:
            self._solver.addRow(least, most, len(row), np.array(list(row)), np.array(list(row.values())))
