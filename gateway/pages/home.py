"""The first page, with what is coming up and what can be watched; and a page for each session."""

from werkzeug.wrappers import Response

from gateway import lists
from gateway.api.reading import known
from gateway.call import Call
from gateway.routing import Routes
from gateway.views import sees_material, session_view

routes = Routes("Pages", prefix="")


@routes.route("GET", "/", "anyone", "Home", media="text/html", query=("q", "cursor"))
def home(call: Call) -> Response:
    """Upcoming sessions, and recordings."""
    call.model.require_ready()
    return call.house.pages.show(call, "home.html", lambda: _home(call))


def _home(call: Call) -> dict[str, object]:
    query = call.query()
    page = lists.sessions(call.model, query, call.now)
    return {
        "city": call.model.city,
        "sessions": [session_view(call.model, row, call.now, call.house.settings.public_url) for row in page.rows],
        "next": page.next,
        "q": query.get("q", ""),
        "later": "cursor" in query,
        "recordings": [] if query else _recordings(call),
    }


def _recordings(call: Call) -> list[dict[str, object]]:
    visible = [material for material in call.model.materials() if sees_material(material.data, team=False)]
    page = lists.materials(call.model, visible, {"kind": "recording"})
    sessions = call.model.all("sessions")
    return [{**row.data, "of": sessions[row.data["session"]].data["title"] if row.data["session"] in sessions else None}
            for row in page.rows]  # fmt: skip


@routes.route("GET", "/sessions/{slug}", "anyone", "A session", media="text/html")
def session(call: Call) -> Response:
    """What it is about, when and where it meets, and whether there are places."""
    thing = known(call, "sessions", call.path["slug"])
    public_url = call.house.settings.public_url
    city = call.model.city
    sectors = {sector["code"]: sector["name"] for sector in city["sectors"]} if city else {}
    return call.house.pages.show(
        call,
        "session.html",
        lambda: {"session": session_view(call.model, thing, call.now, public_url), "sectors": sectors},
    )
