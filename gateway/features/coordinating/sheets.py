"""The places of an organisation's people as the rows of a sheet."""

from datetime import datetime
from typing import Final

from gateway.projection.read_model import Data
from gateway.projection.views import words
from gateway.web.documents.sheets import Cell
from services.runtime.schemas import CITY

COLUMNS: Final = ("name", "session", "starts", "ends", "mode", "state", "hours", "hours attended")


def place_cells(place: Data) -> list[Cell]:
    """Return the cells of a place, in the order of COLUMNS; times are the city's."""
    begins, ends = (
        f"{datetime.fromisoformat(place[name]).astimezone(CITY):%Y-%m-%d %H:%M}" for name in ("starts_at", "ends_at")
    )
    there = place["participatory_hours"]
    hours = (f"{place['hours']:g}", None if there is None else f"{there:g}")
    return [place["name"], place["title"], begins, ends, words(place["mode"]), words(place["state"]), *hours]
