"""Lists as sheets: CSV (RFC 4180) that a spreadsheet opens as it is, and in which nothing is run."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Final

Cell = str | int | None

MARK: Final = "\ufeff"  # without it Excel reads UTF-8 as something else
RUN: Final = ("=", "+", "-", "@", "\t", "\r", "\n")  # what a formula begins with, or what is skipped before one


def sheet_of(columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """Return the rows below the names of their columns. None is an empty cell."""
    text = io.StringIO(newline="")
    sheet = csv.writer(text)
    sheet.writerow(columns)
    sheet.writerows([harmless(cell) for cell in row] for row in rows)
    return (MARK + text.getvalue()).encode()


def harmless(cell: Cell) -> Cell:
    """Return `cell` so that no spreadsheet runs it as a formula (https://owasp.org/www-community/attacks/CSV_Injection)."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(RUN) else cell
