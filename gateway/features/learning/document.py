"""Learning in words: the rows of a sheet, and a person's statement as PDF (PDF/UA-1)."""

from datetime import datetime
from pathlib import Path
from typing import Any, Final

from gateway.parts import periods
from gateway.parts.team_views import sector_name
from gateway.projection.call import Call
from gateway.projection.read_model import Data
from gateway.projection.views import organiser_of
from gateway.web.documents.sheets import Cell
from gateway.web.times import date_in_words, hours_in_words
from services.runtime.schemas import CITY

TEMPLATE: Final = Path(__file__).parent / "templates" / "statement.typ"
COLUMNS: Final = (
    *("reference", "email", "name", "sector", "organisation", "job_role", "session", "title", "programme"),
    *("starts", "ends", "mode", "hours", "hours_attended", "state"),
)
STATES: Final = {
    "attended": "Attended",
    "partly_attended": "Attended part",
    "absent": "Not attended",
    "not_recorded": "Not recorded",
}
MODES: Final = {"in_room": "In person", "online": "Online"}
THERE: Final = ("attended", "partly_attended")


def cells_of(call: Call, record: Data) -> list[Cell]:
    """Return the row of a record, in the order of COLUMNS."""
    return [
        *(record[name] or "" for name in ("reference", "email", "name")),
        sector_name(call, record["sector"]) if record["sector"] else "",
        *(record[name] or "" for name in ("organisation", "job_role", "session", "title")),
        programme_of(call, record["programme"]),
        *(day_of(record[name]).isoformat() for name in ("starts_at", "ends_at")),
        *(MODES[record["mode"]], figure(record["hours"]), figure(record["participatory_hours"])),
        STATES[record["state"]],
    ]


def statement_of(call: Call, told: Data) -> bytes:
    """Return the statement of what someone was at. The same facts give the same bytes."""
    rows = [item for item in told["items"] if item["state"] in THERE]
    page = {
        "title": "Statement of learning",
        "organiser": organiser_of(call.model, call.app.settings.mail_from),
        "intro": "This is to say which sessions this person took part in:",
        "name": told["person"]["name"] or "Name not given",
        "period": periods.in_words(told),
        "total": f"{sessions_in_words(len(rows))}, {hours_in_words(told['hours'])} in all",
        "head": ["Date", "Session", "Programme", "Where they worked", "Hours"],
        "rows": [
            [
                days_in_words(row),
                row["title"],
                programme_of(call, row["programme"]),
                row["organisation"] or "",
                str(figure(row["participatory_hours"])),
            ]
            for row in rows
        ],
        "nothing": "There is no session in this period that we know they were at.",
        "note": "Hours are those of the meetings that they were at. Where they worked is as they told us, on that day.",
    }
    return call.app.typeset(TEMPLATE, page)


def programme_of(call: Call, slug: str) -> str:
    """Return what a programme is called."""
    programme = call.model.get("programmes", slug)
    return str(programme.data["title"]) if programme else slug


def days_in_words(record: Data) -> str:
    """Return for example “9 March 2027”, or “9 March 2027 to 6 April 2027”."""
    first, last = day_of(record["starts_at"]), day_of(record["ends_at"])
    return date_in_words(first) if first == last else f"{date_in_words(first)} to {date_in_words(last)}"


def sessions_in_words(number: int) -> str:
    """Return for example “1 session”, “12 sessions”."""
    return "1 session" if number == 1 else f"{number} sessions"


def figure(hours: float) -> Any:
    """Return hours without a nought behind the point."""
    return int(hours) if hours == int(hours) else hours


def day_of(moment: str) -> Any:
    """Return the day of the city of a moment."""
    return datetime.fromisoformat(moment).astimezone(CITY).date()
