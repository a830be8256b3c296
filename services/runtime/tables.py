"""Reading a table that someone pasted or sent: found by its header, whatever separates its columns."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

Line = tuple[int, list[str]]  # the line that a row begins on, and its cells
Columns = Mapping[str, frozenset[str]]  # by what we call them: how they are headed, in lower case
SEPARATORS: Final = "\t;,"
MOST_HEADER_LINES: Final = 60  # above a table


@dataclass(frozen=True)
class Table:
    """The line of the header, where the columns that we know stand, and the rows below it."""

    header: int
    places: Mapping[str, int]
    rows: list[Line]

    def cells(self) -> list[tuple[int, dict[str, str]]]:
        """Return of each row its line, and what is in the columns that we know."""
        return [
            (line, {name: row[n] if n < len(row) else "" for name, n in self.places.items()}) for line, row in self.rows
        ]


def find(text: str, columns: Columns, one_of: Iterable[str]) -> Table | None:
    """Return the table below the header that tells most; None where no line names `one_of` these columns."""
    needed, best = tuple(one_of), None
    for separator in SEPARATORS:
        rows = rows_of(text, separator)
        for n, (line, row) in enumerate(rows[:MOST_HEADER_LINES]):
            places = _places(row, columns, needed)
            if len(places) > (len(best.places) if best else 0):
                best = Table(line, places, rows[n + 1 :])
    return best


def rows_of(text: str, separator: str) -> list[Line]:
    """Return each row that is not blank."""
    try:
        return _split(text, separator)
    except csv.Error:  # a quotation mark that is not closed would swallow what follows
        return [(n, [cell.strip(' "') for cell in line.split(separator)]) for n, line in _lines(text)]


def _split(text: str, separator: str) -> list[Line]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    rows, begins = [], 1
    for row in reader:
        if any(cell.strip() for cell in row):
            rows.append((begins, [cell.strip() for cell in row]))
        begins = reader.line_num + 1
    return rows


def _lines(text: str) -> Iterable[tuple[int, str]]:
    return ((n, line) for n, line in enumerate(text.splitlines(), start=1) if line.strip())


def _places(row: Sequence[str], columns: Columns, one_of: Sequence[str]) -> dict[str, int]:
    """Return where our columns stand, if this is a header; of two that are headed alike, the first."""
    heads = [" ".join(cell.lower().split()) for cell in row]
    places = {
        name: next(n for n, head in enumerate(heads) if head in known)
        for name, known in columns.items()
        if not known.isdisjoint(heads)
    }
    return places if any(name in places for name in one_of) else {}
