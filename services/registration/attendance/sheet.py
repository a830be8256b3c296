"""Attendance as a sheet: CSV (RFC 4180) with the columns reference, meeting and present, in any order.

Columns are separated as in the first line: by commas, semicolons or tabs.

What is wrong is named by line and column, as the programme that wrote the sheet shows them.
"""

import csv
import io
from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session as OrmSession

from services.registration.attendance.recording import record
from services.registration.models import Person
from services.registration.schemas import MOST_RECORDS
from services.runtime.faults import Fault
from services.runtime.refusals import Invalid

COLUMNS = ("reference", "meeting", "present")
WORDS = {"true": True, "yes": True, "y": True, "1": True, "false": False, "no": False, "n": False, "0": False}

Line = tuple[int, list[str]]


def record_sheet(db: OrmSession, caller: Person, slug: str, text: str, now: datetime) -> dict[str, Any]:
    """Keep what the sheet says, all or nothing, as `attendance.record` does.

    Raises NotFound, Invalid with all that is wrong, AttendanceTooEarly.
    """
    records, lines = read(text)

    def field(index: int, column: str) -> str:
        return at(lines[index], column)

    return record(db, caller, slug, records, "csv", now, field)


def is_ours(text: str) -> bool:
    """Say whether all our columns stand in the first line: then every line must be right. Raises Invalid."""
    names = [name.lower() for _, row in _rows(text)[:1] for name in row]
    return not names or all(names.count(column) == 1 for column in COLUMNS)


def at(line: int, column: str) -> str:
    """Return how a field of the sheet is named in an error."""
    return f"line {line}, {column}"


def read(text: str) -> tuple[list[dict[str, Any]], list[int]]:
    """Return the sheet's records, and the line that each stands on. Raises Invalid."""
    rows = _rows(text)
    if not rows:
        raise Invalid.field("line 1", "no-columns", columns=[*COLUMNS])
    places = _places(*rows[0])
    if len(rows) == 1:
        raise Invalid.field(f"line {rows[0][0] + 1}", "no-rows")
    if len(rows) - 1 > MOST_RECORDS:
        raise Invalid.field(f"line {rows[MOST_RECORDS + 1][0]}", "too-many-records", max=MOST_RECORDS)
    errors: list[dict[str, Any]] = []
    records = [_record(line, row, places, errors) for line, row in rows[1:]]
    if errors:
        raise Invalid(errors)
    return records, [line for line, _ in rows[1:]]


def _rows(text: str) -> list[Line]:
    """Return each row that is not blank, with the line that it begins on. Raises Invalid."""
    header = next((line for line in text.splitlines() if line.strip()), "")
    separator = max(",;\t", key=header.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    rows: list[Line] = []
    begins = 1
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                rows.append((begins, [cell.strip() for cell in row]))
            begins = reader.line_num + 1
    except csv.Error as error:
        raise Invalid.field(f"line {begins}", "not-csv") from error
    return rows


def _places(line: int, names: list[str]) -> dict[str, int]:
    """Return where each column stands. Raises Invalid. Other columns than ours are left alone."""
    lower = [name.lower() for name in names]
    errors = [
        Fault("column-missing" if column not in lower else "column-repeated").at(at(line, column))
        for column in COLUMNS
        if lower.count(column) != 1
    ]
    if errors:
        raise Invalid(errors)
    return {column: lower.index(column) for column in COLUMNS}


def _record(line: int, row: list[str], places: dict[str, int], errors: list[dict[str, Any]]) -> dict[str, Any]:
    cells = {column: row[place] if place < len(row) else "" for column, place in places.items()}

    def read_cell(column: str, reading: Callable[[str], Any], code: str) -> Any:
        value = reading(cells[column])
        if value is None:
            errors.append(Fault(code).at(at(line, column)))
        return value

    return {
        "reference": read_cell("reference", _reference, "not-a-reference"),
        "meeting": read_cell("meeting", _number, "not-a-meeting"),
        "present": read_cell("present", lambda cell: WORDS.get(cell.lower()), "not-yes-or-no"),
    }


def _reference(cell: str) -> str | None:
    return cell if 0 < len(cell) <= 20 and cell.isprintable() else None


def _number(cell: str) -> int | None:
    return int(cell) if cell.isascii() and cell.isdigit() and len(cell) < 5 else None
