"""How each session filled, drawn: who has a place and who waits, over the days, and the sectors in the room."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Final

from gateway.parts.team_views import sector_name
from gateway.projection.call import Call
from gateway.projection.read_model import Data
from gateway.web.documents.charts import share_of, step_line
from services.runtime.schemas import CITY

WIDTH: Final = 300  # of a chart, in its own units
HEIGHT: Final = 100
ROWS: Final = 20  # above which a table of days is one of weeks


def filled(call: Call, rows: Sequence[Data]) -> list[Data]:
    """Return how each of those sessions filled, with its chart, its table and its sectors, in their order."""
    slugs = [row["slug"] for row in rows]
    told = {one["session"]: one for one in call.registration("fillings", slugs=slugs).value["items"]} if rows else {}
    today = _day_of(call.now)
    return [_filled(row, told[row["slug"]], today) for row in rows if row["slug"] in told]


def _filled(row: Data, told: Data, today: date) -> Data:
    days = [{**day, "day": date.fromisoformat(day["day"])} for day in told["days"]]
    last = days[-1] if days else {"confirmed": 0, "offered": 0, "waiting": 0}
    return {
        **{name: row[name] for name in ("slug", "title", "starts_at")},
        "places": told["places"],
        "over": told.get("over", 0),  # an older registration tells of none
        "now": last,
        "first_day": days[0]["day"] if days else None,
        "chart": _chart(days, told["places"], today, _day_of(row["starts_at"])) if days else None,
        "by_week": len(days) > ROWS,
        "days": _thinned(days),
        "any_offered": any(day["offered"] for day in days),
    }


def _chart(days: Sequence[Data], places: int, today: date, starts_on: date) -> Data:
    """Return the lines: from the day of the first booking until today, in a picture that goes on to the session.

    A day is as wide as another, and shows how it ended.
    """
    first = days[0]["day"]
    whole = (max(today, starts_on) - first).days + 1
    most = max(places, 1, *(day[kind] for day in days for kind in ("confirmed", "waiting")))
    end = _across((today - first).days + 1, whole)

    def line(kind: str) -> str:
        points = [(_across((day["day"] - first).days, whole), _up(day[kind], most)) for day in days]
        return step_line(points, end, HEIGHT)

    return {
        "taken": line("confirmed"),
        "waiting": line("waiting") if any(day["waiting"] for day in days) else "",
        "places": _up(places, most),
        "today": end,
        "most": most,
    }


def _across(days: int, whole: int) -> int:
    return round(days * WIDTH / whole)


def _up(people: int, most: int) -> int:
    return HEIGHT - share_of(people, most, HEIGHT)


def _thinned(days: Sequence[Data]) -> list[Data]:
    """Return the days of a table; where they are many, how each week ended."""
    if len(days) <= ROWS:
        return list(days)
    return list({day["day"].isocalendar()[:2]: day for day in days}.values())


def with_sectors(call: Call, rows: Sequence[Data], counted: Sequence[Data]) -> list[Data]:
    """Return the sessions with how many of each sector have a place in them, and the sectors of which nobody has."""
    return [{**row, **_sectors(call, [one for one in counted if one["session"] == row["slug"]])} for row in rows]


def _sectors(call: Call, counted: Sequence[Data]) -> Data:
    most = max((one["people"] for one in counted), default=0)
    there = [
        {"name": sector_name(call, one["sector"]), "people": one["people"], "width": share_of(one["people"], most)}
        for one in counted
    ]
    missing = call.model.sector_names.keys() - {one["sector"] for one in counted}
    return {"sectors": there, "nobody_of": [name for code, name in call.model.sector_names.items() if code in missing]}


def _day_of(moment: datetime) -> date:
    return moment.astimezone(CITY).date()
