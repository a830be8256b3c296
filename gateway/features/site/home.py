"""The first page: what this is, what is coming up, what can be watched, and how to take part."""

from typing import Final

from werkzeug.wrappers import Response

from gateway.parts.cards import material_cards, readable, session_cards
from gateway.parts.look import hero_of, is_named
from gateway.projection import lists
from gateway.projection.call import Call
from gateway.web.routing import page_routes

routes = page_routes("home")
FEW: Final = 3


@routes.route("GET", "/", "Home", requires="anyone")
def home(call: Call) -> Response:
    """A few of each, and the way to all of them."""
    call.model.require_ready()
    return call.app.pages.show(call, "home.html", lambda: _home(call))


def _home(call: Call) -> dict[str, object]:
    page = lists.sessions(call.model, {}, call.now)
    sessions = [
        session for session in page.rows if session.data["status"] == "published"
    ]  # the list has the others too
    recordings = lists.materials(call.model, readable(call), {"limit": str(FEW), "kind": "recording"})
    return {
        "city": call.model.city,
        "hero": hero_of(call.model.city, named=is_named(call.model.city)),
        "sessions": session_cards(call, sessions[:FEW]),
        "more": page.total > FEW,
        "recordings": material_cards(call, recordings.rows),
        "programmes": lists.by_title(call.model.all("programmes").values(), "title", {}).rows,
        "topics": lists.topics(call.model),
    }
