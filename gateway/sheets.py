"""Lists as sheets: CSV (RFC 4180) that a spreadsheet opens as it is, and in which nothing is run."""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from gateway.read_model import Data, ReadModel
from gateway.views import words
from services.bus.schemas import CITY

Cell = str | int | None

MARK: Final = "\ufeff"  # without it Excel reads UTF-8 as something else
RUN: Final = ("=", "+", "-", "@", "\t", "\r", "\n")  # what a formula begins with, or what is skipped before one
COLUMNS: Final = (
    "reference",
    "name",
    "email",
    "sector",
    "organisation",
    "job role",
    "mode",
    "state",
    "position",
    "access needs",
    "booked at",
    "attendance",
)


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


def booking_cells(booking: Data, model: ReadModel) -> list[Cell]:
    """Return the cells of a booking as the team sees it, in the order of COLUMNS; times are the city's."""
    person, share = booking["person"], booking.get("attended_share")
    return [
        booking["reference"],
        person["name"],
        person["email"],
        _sector(model, person["sector"]),
        person["organisation"],
        person["job_role"],
        words(booking["mode"]),
        words(booking["state"]),
        booking["position"],
        booking["access_needs"],
        f"{datetime.fromisoformat(booking['created_at']).astimezone(CITY):%Y-%m-%d %H:%M}",
        None if share is None else f"{share:.0%}",
    ]


def _sector(model: ReadModel, code: str | None) -> str | None:
    """Return the name of a sector; its code, where the catalogue has not told of it."""
    sectors = model.city["sectors"] if model.city else []
    return next((str(sector["name"]) for sector in sectors if sector["code"] == code), code)
