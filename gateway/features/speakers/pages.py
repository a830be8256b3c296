"""Speakers: who they are, and the sessions in which they speak or spoke."""

from typing import Final

from werkzeug.wrappers import Response

from gateway.parts.cards import session_cards
from gateway.parts.reading import known
from gateway.projection import lists
from gateway.projection.call import Call
from gateway.projection.read_model import Data, Session, Thing
from gateway.projection.views import picture_view
from gateway.web.pages.paging import next_page
from gateway.web.routing import page_routes, url_for

routes = page_routes("speakers")
SOME: Final = {"limit": "6"}


@routes.route("GET", "/speakers", "Speakers", requires="anyone", query=("cursor",))
def show_speakers(call: Call) -> Response:
    """By name."""
    call.model.require_ready()
    return call.app.pages.show(call, "speakers.html", lambda: _list(call))


@routes.route("GET", "/speakers/{slug}", "A speaker", requires="anyone")
def show_speaker(call: Call) -> Response:
    """With their sessions, upcoming and past."""
    thing = known(call, "speakers", call.path["slug"])
    return call.app.pages.show(call, "speaker.html", lambda: _speaker(call, thing))


def _list(call: Call) -> Data:
    query = call.query()
    page = lists.by_title(call.model.all("speakers").values(), "name", query)
    return {
        "speakers": [
            {**_shown(row), "sessions": _sessions(call, row.data["slug"], "upcoming").total} for row in page.rows
        ],
        "next": next_page("speakers.show_speakers", page.next),
        "first": url_for("speakers.show_speakers") if "cursor" in query else None,
    }


def _sessions(call: Call, slug: str, when: str) -> lists.Page[Session]:
    return lists.sessions(call.model, {**SOME, "when": when, "speaker": slug}, call.now)


def _shown(speaker: Thing) -> Data:
    return {**speaker.data, "picture": picture_view(speaker.data["picture"])}


def _speaker(call: Call, thing: Thing) -> Data:
    slug = thing.data["slug"]
    upcoming, past = _sessions(call, slug, "upcoming"), _sessions(call, slug, "past")
    return {
        "speaker": _shown(thing),
        "upcoming": session_cards(call, upcoming.rows),
        "past": session_cards(call, past.rows),
        "more_upcoming": upcoming.next is not None,
        "more_past": past.next is not None,
    }
