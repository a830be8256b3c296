"""The team's page of who came, who did not, and who had cancelled: by session, programme, sector or organisation."""

from datetime import datetime
from typing import Final

from werkzeug.wrappers import Response

from gateway.features.attendance.turnout import OUTCOMES, QUERY, asked_of, name_of_row, percent, rows_of
from gateway.features.attendance.turnout_api import download_turnout
from gateway.parts import periods
from gateway.parts.sign_ins import FOR_THE_TEAM, show
from gateway.parts.team_views import programme_titles
from gateway.projection.call import Call
from gateway.projection.read_model import Data
from gateway.web.pages.field_errors import Asked, in_form
from gateway.web.routing import page_routes
from services.runtime.refusals import Invalid, Refusal

routes = page_routes("team_turnout", sign_in=FOR_THE_TEAM, private=True)
MOST: Final = 50  # rows on the page; the sheet has all of them
GROUPS: Final = {"session": "Session", "programme": "Programme", "sector": "Sector", "organisation": "Organisation"}
ASKED: Final = {
    "by": Asked(ask="Choose what to count by"),
    **periods.ASKED,
    "programme": Asked(ask="Choose a programme from the list"),
}


@routes.route("GET", "/team/attendance", "Attendance", requires="team", query=QUERY)
def show_turnout(call: Call) -> Response:
    """Totals, a table, and a sheet of the same."""
    call.model.require_ready()
    query = call.query()
    asked = {name: query.get(name, "").strip() for name in QUERY}
    context: Data = {"asked": asked, "groups": GROUPS, "programmes": programme_titles(call), "outcomes": OUTCOMES}
    try:
        rows = [*rows_of(call)]
    except Refusal as refusal:
        if refusal.code != Invalid.code:
            raise
        return show(call, "team_turnout.html", 422, errors=in_form(refusal, ASKED, asked), told=None, **context)
    told = _told(call, asked["by"] or next(iter(GROUPS)), rows)
    return show(call, "team_turnout.html", errors={}, told=told, wanted=asked_of(call), **context)


@routes.route(
    "GET",
    "/team/attendance.csv",
    "Attendance, as a sheet",
    requires="team",
    media="text/csv",
    back="team_turnout.show_turnout",
    query=QUERY,
)
def show_sheet(call: Call) -> Response:
    """The same file as the API's."""
    return download_turnout(call)


def _told(call: Call, by: str, rows: list[Data]) -> Data:
    """Return the figures as the page has them: sessions with the latest first, others with most people first."""
    named = [{**row, "name": name_of_row(call, by, row)} for row in rows]
    if by != "session":
        named.sort(key=lambda row: (-row["had_place"], row["name"].casefold()))
    total = {name: sum(row[name] for row in rows) for name in ("had_place", *OUTCOMES)}
    return {
        "by": by,
        "rows": [_row(row) for row in named[:MOST]],
        "more": max(0, len(named) - MOST),
        "total": _row({**total, "name": "Total", "of": None}),
    }


def _row(row: Data) -> Data:
    starts_at = datetime.fromisoformat(row["starts_at"]) if "starts_at" in row else None
    shares = {name: percent(row[name], row["had_place"]) for name in OUTCOMES}
    return {**row, "starts_at": starts_at, "shares": shares}
