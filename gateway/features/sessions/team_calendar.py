"""The team's calendar: a month of all sessions, drafts too, and what clashes in it."""

import re
from datetime import date, datetime
from typing import Any, Final

from werkzeug.wrappers import Response

from gateway.features.sessions.clashing import Slot, slots
from gateway.features.sessions.team import every_draft
from gateway.parts.editing import show
from gateway.parts.sign_ins import for_the_team
from gateway.parts.team_views import all_rows, name_of
from gateway.projection.call import Call
from gateway.projection.read_model import Data
from gateway.projection.views import status_of
from gateway.web import times
from gateway.web.routing import page_routes
from services.runtime.schemas import CITY

routes = page_routes("team_calendar", sign_in=for_the_team("Sessions"))
MONTH: Final = re.compile(r"(20\d\d)-(0[1-9]|1[0-2])\Z")


@routes.route("GET", "/team/calendar", "Calendar of sessions", requires="team", query=("month",))
def show_calendar(call: Call) -> Response:
    """The month that is asked for, or this one: every meeting by day, and which venues and people clash."""
    call.model.require_ready()
    asked = call.query().get("month", "")
    month = asked if MONTH.match(asked) else times.month_of(call.now)
    published = call.model.sessions
    drafts = [draft for draft in every_draft(call) if draft.data["slug"] not in published]
    found = slots([*published.values(), *drafts], _facilitators(call))
    there = [slot for slot in found if times.month_of(slot.starts_at) == month]
    context: dict[str, Any] = {
        "month": times.month_in_words(month),
        "meetings": [_row(call, slot) for slot in there],
        "clashes": sum(bool(slot.venue or slot.speakers or slot.facilitators) for slot in there),
        "before": _month_from(month, -1),
        "after": _month_from(month, 1),
        "this_month": None if month == times.month_of(call.now) else times.month_of(call.now),
    }
    return show(call, "team_calendar.html", **context)


def _facilitators(call: Call) -> dict[str, dict[str, str]]:
    """Return the names of those who facilitate sessions that are not long over, by their id, by session."""
    found: dict[str, dict[str, str]] = {}
    for row in all_rows(call, "all_facilitators"):
        found.setdefault(row["session"], {})[row["person"]["id"]] = name_of(row["person"])
    return found


def _month_from(month: str, steps: int) -> dict[str, str] | None:
    """Return the month so many later, and its name; None where the calendar ends."""
    year, number = (int(part) for part in month.split("-"))
    years, rest = divmod(number - 1 + steps, 12)
    named = f"{year + years:04}-{rest + 1:02}"
    return {"value": named, "name": times.month_in_words(named)} if MONTH.match(named) else None


def _row(call: Call, slot: Slot) -> Data:
    data = slot.session.data
    return {
        "slug": data["slug"],
        "title": data["title"],
        "day": times.day_in_words(slot.starts_at),
        "date": _day(slot.starts_at).isoformat(),
        "time": _time(slot),
        "number": slot.number,
        "dates": len(data["meetings"]),
        "status": status_of(slot.session, call.now),
        "venue": data["venue"] and data["venue"]["name"],
        "speakers": [speaker["name"] for speaker in data["speakers"]],
        "venue_clashes": list(dict.fromkeys(slot.venue)),
        "speaker_clashes": list(dict.fromkeys(slot.speakers)),
        "facilitators": [*slot.people.values()],
        "facilitator_clashes": list(dict.fromkeys(slot.facilitators)),
    }


def _day(moment: datetime) -> date:
    return moment.astimezone(CITY).date()


def _time(slot: Slot) -> str:
    """Return from when to when; with the day where it ends on another."""
    is_one_day = _day(slot.starts_at) == _day(slot.ends_at)
    until = times.time_in_words(slot.ends_at) if is_one_day else times.in_words(slot.ends_at)
    return f"{times.time_in_words(slot.starts_at)} to {until}"
