"""Programmes as visitors see them: all of them, and a page for each with what it is and what can be booked."""

from typing import Final

from werkzeug.wrappers import Response

from gateway.parts.cards import TOLD, material_cards, readable, session_cards
from gateway.parts.reading import known
from gateway.projection import lists
from gateway.projection.call import Call
from gateway.projection.read_model import Data, Session, Thing
from gateway.projection.rows import SessionView
from gateway.web.pages.paging import next_page
from gateway.web.routing import page_routes, url_for

routes = page_routes("programmes")
SOME: Final = {"limit": "6"}
MOST: Final = {"limit": str(lists.MOST)}


@routes.route("GET", "/programmes", "Programmes", requires="anyone", query=("cursor",))
def show_programmes(call: Call) -> Response:
    """By title."""
    call.model.require_ready()
    return call.app.pages.show(call, "programmes.html", lambda: _list(call))


@routes.route("GET", "/programmes/{slug}", "A programme", requires="anyone", query=(TOLD,))
def show_programme(call: Call) -> Response:
    """What it is, who it is for, what people take away, its sessions and its recordings."""
    thing = known(call, "programmes", call.path["slug"])
    return call.app.pages.show(call, "programme.html", lambda: _programme(call, thing))


def _list(call: Call) -> Data:
    query = call.query()
    page = lists.by_title(call.model.all("programmes").values(), "title", query)
    return {
        "programmes": [{**row.data, "upcoming": _upcoming(call, row.data["slug"], "1").total} for row in page.rows],
        "next": next_page("programmes.show_programmes", page.next),
        "first": url_for("programmes.show_programmes") if "cursor" in query else None,
    }


def _upcoming(call: Call, slug: str, limit: str) -> lists.Page[Session]:
    return lists.sessions(call.model, {"limit": limit, "programme": slug}, call.now)


def _programme(call: Call, thing: Thing) -> Data:
    slug = thing.data["slug"]
    upcoming = _upcoming(call, slug, MOST["limit"])
    cards = session_cards(call, upcoming.rows)
    past = lists.sessions(call.model, {**SOME, "when": "past", "programme": slug}, call.now)
    materials = lists.materials(call.model, readable(call), {**MOST, "programme": slug})
    return {
        "programme": thing.data,
        "with_pages": lists.topics(call.model),
        "to_book": [card for card in cards if _can_be_booked(card)],
        "others": [card for card in cards if not _can_be_booked(card)],
        "past": session_cards(call, past.rows),
        "materials": material_cards(call, materials.rows),
        "more": {name: page.next is not None for name, page in (("upcoming", upcoming), ("past", past))},
        "done": TOLD in call.query(),
    }


def _can_be_booked(session: SessionView) -> bool:
    """Say whether someone can book now, or join the waiting list; held places count, for those they are held for."""
    held = any(hold["left"] for hold in session["held_places"])
    return session["booking"] in ("open", "waiting_list") or (session["booking"] == "full" and held)
