"""Recordings, slides and what else people come back for, to be searched and narrowed down in the address."""

from typing import Final

from werkzeug.wrappers import Response

from gateway.parts.cards import KINDS, material_cards, readable
from gateway.projection import lists
from gateway.projection.call import Call
from gateway.projection.read_model import Data
from gateway.projection.views import topic_in_words
from gateway.web.pages.paging import next_page
from gateway.web.routing import page_routes, url_for

routes = page_routes("recordings")
FILTERS: Final[tuple[str, ...]] = ("kind", "topic", "q")
ANY: Final = ("recording or other material", "recordings and other materials")


@routes.route("GET", "/recordings", "Recordings", requires="anyone", query=(*FILTERS, "cursor"))
def show_recordings(call: Call) -> Response:
    """Those that fit, of the latest session first."""
    call.model.require_ready()
    return call.app.pages.show(call, "recordings.html", lambda: _list(call))


def _list(call: Call) -> Data:
    query = {name: value.strip() for name, value in call.query().items() if value.strip()}
    query = lists.with_topic_of_now(call.model, query)
    filters = {name: query[name] for name in FILTERS if name in query}
    there = readable(call)
    page = lists.materials(call.model, there, query)
    topics = {topic for material in there for topic in material.data["topics"]}
    topics |= {filters["topic"]} if "topic" in filters else set()
    return {
        "materials": material_cards(call, page.rows),
        "total": page.total,
        "next": next_page("recordings.show_recordings", page.next, **filters),
        "first": url_for("recordings.show_recordings", **filters) if "cursor" in query else None,
        "filters": dict.fromkeys(FILTERS, "") | filters,
        "narrowed": bool(filters),
        "told_filters": _in_words(filters),
        "what": _what(filters, page.total),
        "kinds": [(kind, called) for kind, (called, _) in KINDS.items()],
        "topics": [(slug, topic_in_words(slug)) for slug in sorted(topics)],
    }


def _what(filters: dict[str, str], total: int) -> str:
    one, several = KINDS[filters["kind"]] if "kind" in filters else ANY
    return one.lower() if total == 1 else several


def _in_words(filters: dict[str, str]) -> str:
    words = {"topic": lambda slug: f"on “{topic_in_words(slug)}”", "q": lambda text: f"with the words “{text}”"}
    return ", ".join(say(filters[name]) for name, say in words.items() if name in filters)
