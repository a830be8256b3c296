"""What people learned, as pages: one's own, someone's for the team, and the sheet of everyone's."""

from werkzeug.wrappers import Response

from gateway.features.learning.api import (
    DAYS,
    QUERY,
    asked_of,
    download_learning,
    download_own_learning,
    download_records,
    learning_of,
    own_learning,
)
from gateway.features.learning.document import (
    STATES,
    THERE,
    days_in_words,
    figure,
    programme_of,
    sessions_in_words,
)
from gateway.parts import periods
from gateway.parts.sign_ins import FOR_THE_TEAM, show
from gateway.parts.team_views import name_of, programme_titles
from gateway.projection.call import Call
from gateway.projection.read_model import Data
from gateway.web.pages.field_errors import in_form
from gateway.web.routing import SignIn, page_routes, url_for
from gateway.web.times import hours_in_words
from services.runtime.refusals import Invalid, Refusal

own = page_routes("learning", sign_in=SignIn("My learning", "to see what you learned"), private=True)
team = page_routes("team_learning", sign_in=FOR_THE_TEAM, private=True)


@own.route("GET", "/learning", "My learning", requires="person", query=DAYS)
def show_own(call: Call) -> Response:
    """The sessions of a year, with the hours, and the statement to download."""
    call.model.require_ready()
    told = _seen(call, own_learning(call))
    days = asked_of(call, DAYS)
    links = [(words, url_for("learning.show_own", **query)) for words, query in periods.asked_most(call.now)]
    pdf = url_for("learning.download_own", **days)
    return call.app.pages.show_form(call, "learning.html", told=told, links=links, pdf=pdf, whose=None)


@own.route(
    "GET",
    "/learning.pdf",
    "My learning, as a statement",
    requires="person",
    media="application/pdf",
    back="learning.show_own",
    query=DAYS,
)
def download_own(call: Call) -> Response:
    """The same file as the API's."""
    return download_own_learning(call)


@team.route("GET", "/team/people/{id}/learning", "What someone learned", requires="team", query=DAYS)
def show_learning(call: Call) -> Response:
    """The same page as their own."""
    call.model.require_ready()
    learned = learning_of(call)
    id = learned["person"]["id"]
    days = asked_of(call, DAYS)
    asked_most = periods.asked_most(call.now)
    links = [(words, url_for("team_learning.show_learning", id=id, **query)) for words, query in asked_most]
    pdf = url_for("team_learning.download_statement", id=id, **days)
    whose = {"id": id, "name": name_of({"email": None, **learned["person"]})}
    return show(call, "learning.html", told=_seen(call, learned), links=links, pdf=pdf, whose=whose)


@team.route(
    "GET",
    "/team/people/{id}/learning.pdf",
    "What someone learned, as a statement",
    requires="team",
    media="application/pdf",
    back="team_learning.show_learning",
    query=DAYS,
)
def download_statement(call: Call) -> Response:
    """The same file as the API's."""
    return download_learning(call)


@team.route("GET", "/team/records", "Learning records", requires="team", query=QUERY)
def show_records(call: Call) -> Response:
    """A period and a programme to choose, and the sheet to download."""
    call.model.require_ready()
    query = call.query()
    asked = {name: query.get(name, "").strip() for name in QUERY}
    kept = {"programme": asked["programme"]} if asked["programme"] else {}
    asked_most = periods.asked_most(call.now, **kept)
    context: Data = {"asked": asked, "programmes": programme_titles(call), "periods": asked_most}
    wanted = {name: text for name, text in asked.items() if text}
    try:
        first = call.registration("records", given=wanted, cursor=None, limit=1).value["items"]
    except Refusal as refusal:
        if refusal.code != Invalid.code:
            raise
        errors = in_form(refusal, periods.ASKED, asked)
        return show(call, "team_records.html", 422, errors=errors, wanted=None, **context)
    told = {"from": wanted.get("from"), "to": wanted.get("to")}
    return show(
        call, "team_records.html", errors={}, wanted=wanted, any=bool(first), period=periods.in_words(told), **context
    )


@team.route(
    "GET",
    "/team/records.csv",
    "Learning records, as a sheet",
    requires="team",
    media="text/csv",
    back="team_learning.show_records",
    query=QUERY,
)
def download_sheet(call: Call) -> Response:
    """The same file as the API's."""
    return download_records(call)


def _seen(call: Call, told: Data) -> Data:
    there = [item for item in told["items"] if item["state"] in THERE]
    rows = [
        {
            **{"title": item["title"], "session": item["session"], "days": days_in_words(item)},
            **{"programme": programme_of(call, item["programme"]), "state": STATES[item["state"]]},
            **{"organisation": item["organisation"], "hours": figure(item["participatory_hours"])},
        }
        for item in told["items"]
    ]
    total = f"{sessions_in_words(len(there))}, {hours_in_words(told['hours'])} in all"
    return {"period": periods.in_words(told), "rows": rows, "total": total}
