"""Who came of those who had a place, in words: what each row is called, and the rows of a sheet."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from gateway.parts.team_views import all_rows, sector_name
from gateway.projection.call import Call
from gateway.projection.read_model import Data
from gateway.web.documents.sheets import Cell
from services.runtime.schemas import CITY

QUERY: Final = ("by", "from", "to", "programme")
OUTCOMES: Final = {  # as a column is headed
    "attended": "Attended",
    "partly_attended": "Attended part",
    "absent": "Absent",
    "not_recorded": "Not recorded",
    "cancelled_late": "Cancelled late",
    "cancelled_in_time": "Cancelled in time",
}
COLUMNS: Final = (
    *("of", "name", "date", "had a place"),
    *(words.lower() for words in OUTCOMES.values()),
    *(f"{words.lower()} %" for words in OUTCOMES.values()),
)


def asked_of(call: Call) -> dict[str, str]:
    """Return what the query says, as registration is asked for it."""
    query = call.query()
    return {name: query[name] for name in QUERY if query.get(name)}


def rows_of(call: Call) -> Iterator[Data]:
    """Yield every row of the figures that the query asks for. Raises Invalid."""
    return all_rows(call, "turnout", given=asked_of(call))


def name_of_row(call: Call, by: str, row: Data) -> str:
    """Return what people call the session, programme, sector or organisation of a row."""
    of = row["of"]
    if by == "sector" or of is None:
        return sector_name(call, of)
    kinds = {"session": "sessions", "programme": "programmes"}
    thing: Any = call.model.get(kinds[by], of) if by in kinds else None
    return str(thing.data["title"] if thing else of)


def cells_of(call: Call, by: str) -> Iterator[list[Cell]]:
    """Yield the rows of a sheet, in the order of COLUMNS."""
    for row in rows_of(call):
        day = f"{datetime.fromisoformat(row['starts_at']).astimezone(CITY):%Y-%m-%d}" if "starts_at" in row else None
        counts = [row[name] for name in OUTCOMES]
        percents = [percent(row[name], row["had_place"]) for name in OUTCOMES]
        yield [row["of"], name_of_row(call, by, row), day, row["had_place"], *counts, *percents]


def percent(part: int, whole: int) -> int:
    """Return how many of a hundred that is, a half rounded up; 0 of nobody."""
    return (200 * part + whole) // (2 * whole) if whole else 0
