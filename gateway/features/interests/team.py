"""What people ask for and suggest, and what they thought of a session: for the team to read."""

from datetime import date, datetime
from typing import Final

from werkzeug.wrappers import Response

from gateway.parts.sign_ins import FOR_THE_TEAM, show
from gateway.parts.team_views import name_of, session_of
from gateway.projection import lists
from gateway.projection.call import Call
from gateway.projection.read_model import Data
from gateway.projection.views import topic_in_words
from gateway.web import times
from gateway.web.documents.charts import share_of
from gateway.web.pages.paging import next_page
from gateway.web.routing import page_routes, url_for
from services.registration.schemas import SUGGESTION_KINDS

routes = page_routes("team_demand", sign_in=FOR_THE_TEAM, private=True)
KINDS: Final = {"theme": "A theme", "speak": "An offer to speak", "other": "Something else"}
ABOUT: Final = {"topic": "Topic", "programme": "Programme", "session": "Sessions like"}
DID: Final = {"yes": "Did it", "partly": "Did it in part", "not_yet": "Not yet"}
USEFUL: Final = {"5": "Very useful", "4": "Useful", "3": "Somewhat useful", "2": "Not very useful", "1": "Not at all"}


@routes.route("GET", "/team/demand", "What people ask for", requires="team", query=("kind", "cursor"))
def show_demand(call: Call) -> Response:
    """The most wanted first, and the latest suggestions."""
    query = call.query()
    kind = query.get("kind", "") if query.get("kind") in SUGGESTION_KINDS else ""
    demand = call.registration("demand", cursor=None, limit=lists.USUAL).value["items"]
    wanted = {"cursor": query.get("cursor"), "limit": lists.USUAL, "kind": kind or None}
    page = call.registration("suggestions", **wanted).value
    rows = [_asked(call, row) for row in demand]
    most = max((row["people"] for row in rows), default=0)
    more = {"kind": kind, "cursor": page["next"]} if kind else {"cursor": page["next"]}
    context: Data = {
        "rows": [{**row, "width": share_of(row["people"], most)} for row in rows],
        "suggestions": [_suggested(row) for row in page["items"]],
        "kinds": KINDS,
        "kind": kind,
        "next": url_for("team_demand.show_demand", **more, _anchor="suggestions") if page["next"] else None,
    }
    return show(call, "team_demand.html", **context)


@routes.route("GET", "/team/sessions/{slug}/feedback", "What people thought", requires="team", query=("cursor",))
def show_feedback(call: Call) -> Response:
    """The figures, and what people would like next; never who said what, and nothing where few answered."""
    session, cursor = session_of(call), call.query().get("cursor")
    told = call.registration("session_feedback", slug=session["slug"], cursor=cursor, limit=lists.USUAL).value
    useful = told["useful"]
    context: Data = {
        "answers": told["answers"],
        "useful": useful,
        "scale": _rows(USEFUL, useful["counts"]) if useful else [],
        "pledges": told["pledges"],
        "outcomes": _rows(DID, told["pledges"]["did"]) if told["pledges"] and told["pledges"]["did"] else [],
        "said": [{**row, "day": _day(row["given_on"])} for row in told["items"]],
        "next": next_page("team_demand.show_feedback", told["next"], slug=session["slug"]),
    }
    return show(call, "team_feedback.html", session=session, **context)


def _rows(words: dict[str, str], counts: dict[str, int]) -> list[Data]:
    """Return how many gave each answer, with how long its bar is."""
    most = max(counts.values(), default=0)
    return [
        {"words": said, "people": counts.get(name, 0), "width": share_of(counts.get(name, 0), most)}
        for name, said in words.items()
    ]


def _asked(call: Call, row: Data) -> Data:
    """Return what is asked for by its title."""
    about = next(name for name in ABOUT if row[name])
    thing = call.model.get(f"{about}s", row[about]) if about != "topic" else None
    title = thing.data["title"] if thing else topic_in_words(row[about])
    return {"about": ABOUT[about], "title": title, "people": row["people"]}


def _suggested(row: Data) -> Data:
    person = row["person"]
    created_at = datetime.fromisoformat(row["created_at"])
    shown_name = name_of(person) if person else "Somebody who was erased"
    return {**row, "kind": KINDS[row["kind"]], "created_at": created_at, "shown_name": shown_name}


def _day(text: str) -> str:
    return times.date_in_words(date.fromisoformat(text))
