"""A file to be imported: its lines by the names of its columns, and everything that is wrong with its header."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from services.runtime import tables
from services.runtime.faults import Fault

Row = dict[str, Any]
QUOTED: Final = re.compile(r'="(.*)"', re.DOTALL)  # how Excel keeps text that looks like a number
HARMLESS: Final = re.compile(r"^'(?=[=+\-@])")  # what sheets of ours put before what a spreadsheet would run


@dataclass(frozen=True)
class Column:
    """A column by what a template calls it, and how else it may be headed; without one that is `required`, nothing."""

    title: str
    heads: frozenset[str]
    required: bool = False


Columns = Mapping[str, Column]


def column(title: str, *others: str, required: bool = False) -> Column:
    """Return a column that may be headed by its title, or in other words; case and spaces make no difference."""
    return Column(title, frozenset({title.lower(), *others}), required)


@dataclass
class Sheet:
    """The lines of a file, each with what its cells say by the name of their column, empty cells left out."""

    header: int = 1
    heads: dict[str, str] = field(default_factory=dict)  # how each column is headed here
    lines: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    errors: list[Row] = field(default_factory=list)

    def wrong(self, line: int, name: str, fault: Fault) -> None:
        """Note what is wrong in a column of a line, by its name as it is headed in the file."""
        head = self.heads.get(name, name)
        where = f"line {line}, {head}" if head else f"line {line}"
        self.errors.append({"line": line, "column": head, **fault.at(where)})


def read(text: str, columns: Columns, most: int) -> Sheet:
    """Return the lines below the header; where the header is wrong, or there are too many, none.

    Each column is found by how it is headed. One that we do not know, and one that is missing, is an error.
    """
    rows = _rows(text.lstrip("\ufeff"), columns)
    if not rows:
        return _only(1, "no-rows")
    (header, heads), below = rows[0], rows[1:]
    sheet = Sheet(header)
    places = _places(sheet, heads, columns, below)
    if sheet.errors:
        return sheet
    if not below:
        return _only(header, "no-rows")
    if len(below) > most:
        return _only(below[most][0], "too-many-lines", max=most)
    sheet.lines = [(line, _said(sheet, line, cells, places)) for line, cells in below]
    return sheet


def _only(line: int, code: str, **limits: Any) -> Sheet:
    sheet = Sheet(line)
    sheet.wrong(line, "", Fault(code, limits))
    return sheet


def _rows(text: str, columns: Columns) -> list[tables.Line]:
    """Return the rows by the separator that makes most of the header, without the line with which Excel names it."""
    known = frozenset().union(*(one.heads for one in columns.values()))
    found = []
    for separator in tables.SEPARATORS:
        rows = tables.rows_of(text, separator)
        found.append(rows[1:] if rows and rows[0][1][0].lower().startswith("sep=") else rows)

    def fits(rows: list[tables.Line]) -> tuple[int, int]:
        heads = rows[0][1] if rows else []
        return len(known.intersection(map(_folded, heads))), len(heads)

    return max(found, key=fits)


def _places(sheet: Sheet, heads: Sequence[str], columns: Columns, below: Sequence[tables.Line]) -> dict[int, str]:
    """Return the column of each place in a row; note what is wrong with the header."""
    titles = [one.title for one in columns.values()]
    used = max((n for _, cells in below for n, cell in enumerate(cells) if cell), default=-1)
    places: dict[int, str] = {}
    for n, head in enumerate(heads):
        name = next((name for name, one in columns.items() if _folded(head) in one.heads), None)
        if name is None and (head or n <= used):
            sheet.wrong(sheet.header, head, Fault("unknown-column", {"choices": titles}))
        elif name in places.values():
            sheet.wrong(sheet.header, head, Fault("column-repeated"))
        elif name is not None:
            places[n], sheet.heads[name] = name, head
    for name, one in columns.items():
        if one.required and name not in places.values():
            sheet.wrong(sheet.header, one.title, Fault("missing-column", {"choices": titles}))
    return places


def _said(sheet: Sheet, line: int, cells: Sequence[str], places: Mapping[int, str]) -> dict[str, str]:
    """Return what a line says by the names of the columns; note a cell that is of no column, or a formula."""
    said = {}
    for n, cell in enumerate(cells):
        text = HARMLESS.sub("", QUOTED.sub(r"\1", cell), count=1) if cell[:1] in "='" else cell
        if not text:
            continue
        if n not in places:
            sheet.wrong(line, "", Fault("cell-of-no-column", {"found": cell[:40]}))
        elif cell.startswith("=") and text == cell:
            sheet.wrong(line, places[n], Fault("formula"))
        else:
            said[places[n]] = text
    return said


def _folded(head: str) -> str:
    return " ".join(head.lower().replace("_", " ").split())
