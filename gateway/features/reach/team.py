"""Who the programme reaches: the team chooses a period and a programme, and sees, prints or downloads the figures."""

from typing import Final

from werkzeug.wrappers import Response

from gateway.features.reach.api import QUERY, download_page, download_reach, reach_of
from gateway.features.reach.document import COUNTS, FIGURES, day_of, figure, period_of, share_in_words
from gateway.parts.sign_ins import FOR_THE_TEAM, show
from gateway.parts.team_views import programme_titles
from gateway.projection.call import Call
from gateway.projection.read_model import Data
from gateway.web.documents.charts import share_of
from gateway.web.pages.field_errors import Asked, in_form
from gateway.web.routing import page_routes
from services.runtime.refusals import Invalid, Refusal

routes = page_routes("reach", sign_in=FOR_THE_TEAM, private=True)
MOST: Final = 50  # organisations of each list on the page; the sheet has all of them
WIDTH: Final = 200  # of a whole bar: beside its label on a phone
ASKED: Final = {
    "from": Asked(ask="Enter the first day as year, month and day, such as 2026-04-01"),
    "to": Asked(ask="Enter the last day as year, month and day, and not before the first"),
}


@routes.route("GET", "/team/reach", "Who we reach", requires="team", query=QUERY)
def show_reach(call: Call) -> Response:
    """As a chart, as tables, and to download."""
    call.model.require_ready()
    query = call.query()
    asked = {name: query.get(name, "").strip() for name in QUERY}
    context: Data = {"asked": asked, "programmes": programme_titles(call)}
    try:
        told = reach_of(call)
    except Refusal as refusal:
        if refusal.code != Invalid.code:
            raise
        return show(call, "team_reach.html", 422, errors=in_form(refusal, ASKED, asked), told=None, **context)
    wanted = {name: text for name, text in asked.items() if text and name != "shared"}
    return show(call, "team_reach.html", errors={}, told=_seen(told), wanted=wanted, **context)


@routes.route(
    "GET",
    "/team/reach.csv",
    "Who we reach, as a sheet",
    requires="team",
    media="text/csv",
    back="reach.show_reach",
    query=QUERY,
)
def show_sheet(call: Call) -> Response:
    """The same file as the API's."""
    return download_reach(call)


@routes.route(
    "GET",
    "/team/reach.pdf",
    "Who we reach, for the board",
    requires="team",
    media="application/pdf",
    back="reach.show_reach",
    query=QUERY[:3],
)
def show_page(call: Call) -> Response:
    """The same file as the API's."""
    return download_page(call)


def _seen(told: Data) -> Data:
    """Return the answer as the page has it."""
    most = max((row["people"] for row in told["sectors"] if isinstance(row["people"], int)), default=0)
    names = {row["sector"]: row["name"] for row in told["sectors"]}
    before = told["year_before"]
    return {
        **told,
        "period": period_of(told),
        "rows": [_row(row, most) for row in told["sectors"]],
        "sum": _row({**told["total"], "name": "Total"}, 0),
        "figures": [
            {"name": words, "now": figure(told["total"][name]), "before": figure(before[name]) if before else ""}
            for name, words in FIGURES
        ],
        "listed": [_named(row, names) for row in told["organisations"][:MOST]],
        "unlisted": max(0, len(told["organisations"]) - MOST),
        "never": [_named({"people": "", **row}, names) for row in told["never_reached"][:MOST]],
        "more_never": max(0, len(told["never_reached"]) - MOST),
        "rooms": [{**row, "day": day_of(row["ended_at"][:10])} for row in told["sessions"][:20]],
    }


def _row(row: Data, most: int) -> Data:
    shown = {name: figure(row[name]) for name in ("people", *COUNTS)}
    width = share_of(row["people"], most, WIDTH) if isinstance(row["people"], int) else 0
    return {"name": row["name"], "share": share_in_words(row["share"]), "width": width, **shown}


def _named(row: Data, names: dict[str | None, str]) -> Data:
    sector = names.get(row["sector"], row["sector"]) or "Not said"
    return {"organisation": row["organisation"] or "Not said", "sector": sector, "people": row["people"]}
