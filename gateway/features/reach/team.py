"""Who the programme reaches: the team chooses a period and a programme, and sees, prints or downloads the figures."""

from datetime import datetime
from typing import Any, Final

from werkzeug.wrappers import Response

from gateway.features.reach.api import QUERY, download_page, download_reach, reach_of
from gateway.features.reach.document import (
    COUNTS,
    FIGURES,
    answers_of,
    figure,
    most_of,
    pledged_in_words,
    said_in_words,
    share_in_words,
)
from gateway.parts import periods
from gateway.parts.sign_ins import FOR_THE_TEAM, show
from gateway.parts.team_views import programme_titles
from gateway.projection.call import Call
from gateway.projection.read_model import Data
from gateway.web.documents.charts import share_of
from gateway.web.pages.field_errors import in_form
from gateway.web.routing import page_routes
from gateway.web.times import date_in_words
from services.runtime.refusals import Invalid, Refusal
from services.runtime.schemas import CITY

routes = page_routes("reach", sign_in=FOR_THE_TEAM, private=True)
MOST: Final = 50  # organisations of each list on the page; the sheet has all of them
WIDTH: Final = 200  # of a whole bar: beside its label on a phone


@routes.route("GET", "/team/reach", "Who we reach", requires="team", query=QUERY)
def show_reach(call: Call) -> Response:
    """As a chart, as tables, and to download."""
    call.model.require_ready()
    query = call.query()
    asked = {name: query.get(name, "").strip() for name in QUERY}
    kept = {name: asked[name] for name in ("programme", "shared") if asked[name]}
    context: Data = {
        "asked": asked,
        "programmes": programme_titles(call),
        "periods": periods.asked_most(call.now, **kept),
    }
    try:
        told = reach_of(call)
    except Refusal as refusal:
        if refusal.code != Invalid.code:
            raise
        return show(call, "team_reach.html", 422, errors=in_form(refusal, periods.ASKED, asked), told=None, **context)
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
    most = most_of(row["people"] for row in told["sectors"])
    names = {row["sector"]: row["name"] for row in told["sectors"]}
    before = told["year_before"]
    return {
        **told,
        "period": periods.in_words(told),
        "rows": [_row(row, most) for row in sorted(filter(_has_any, told["sectors"]), key=_most_first)],
        "none": [row["name"] for row in told["sectors"] if not _has_any(row)],
        "sum": _row({**told["total"], "name": "Total"}, 0),
        "figures": [
            {"name": words, "now": figure(told["total"][name]), "before": figure(before[name]) if before else ""}
            for name, words in FIGURES
        ],
        "said": said_in_words(told["feedback"]),
        "useful": _useful(told["feedback"]["useful"]),
        "pledged": pledged_in_words(told["feedback"]),
        "listed": [_named(row, names) for row in told["organisations"][:MOST]],
        "unlisted": max(0, len(told["organisations"]) - MOST),
        "never": [_named({"people": "", **row}, names) for row in told["never_reached"][:MOST]],
        "more_never": max(0, len(told["never_reached"]) - MOST),
        "rooms": [{**row, "day": _day(row["ended_at"])} for row in told["sessions"][:20]],
    }


def _day(moment: str) -> str:
    return date_in_words(datetime.fromisoformat(moment).astimezone(CITY).date())


def _has_any(row: Data) -> bool:
    return any(row[name] for name in ("people", "booked", "waiting"))


def _most_first(row: Data) -> float:
    return -row["people"] if isinstance(row["people"], int) else -0.5  # 1 to 4


def _row(row: Data, most: int) -> Data:
    shown = {name: figure(row[name]) for name in ("people", *COUNTS)}
    return {"name": row["name"], "share": share_in_words(row["share"]), "width": _width(row["people"], most), **shown}


def _useful(useful: Data | None) -> list[Data]:
    rows = answers_of(useful)
    most = most_of(people for _, people in rows)
    return [{"name": name, "answers": people, "width": _width(people, most)} for name, people in rows]


def _width(people: Any, most: int) -> int:
    return share_of(people, most, WIDTH) if isinstance(people, int) else 0


def _named(row: Data, names: dict[str | None, str]) -> Data:
    sector = names.get(row["sector"], row["sector"]) or "Not said"
    return {"organisation": row["organisation"] or "Not said", "sector": sector, "people": row["people"]}
