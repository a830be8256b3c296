"""Bookings as the rows of a sheet."""

from datetime import datetime
from typing import Final

from gateway.projection.read_model import Data, ReadModel
from gateway.projection.views import words
from gateway.web.documents.sheets import Cell
from services.runtime.schemas import CITY

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
    "over capacity",
)


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
        words("cancelled_late" if booking.get("cancelled_late") else booking["state"]),
        booking["position"],
        booking["access_needs"],
        f"{datetime.fromisoformat(booking['created_at']).astimezone(CITY):%Y-%m-%d %H:%M}",
        None if share is None else f"{share:.0%}",
        "yes" if booking.get("over_capacity") else None,  # an older registration does not tell it
    ]


def _sector(model: ReadModel, code: str | None) -> str | None:
    """Return the name of a sector; its code, where the catalogue has not told of it."""
    return None if code is None else model.sector_names.get(code, code)
