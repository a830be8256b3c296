"""Topics: what there is on each, and the way to be told when there is more."""

from typing import Final

from werkzeug.wrappers import Response

from gateway.parts.cards import TOLD, material_cards, readable, session_cards
from gateway.projection import lists
from gateway.projection.call import Call
from gateway.projection.read_model import Data
from gateway.web.pages.layout import go
from gateway.web.routing import page_routes
from services.runtime.refusals import NotFound

routes = page_routes("topics")
SOME: Final = {"limit": "6"}


@routes.route("GET", "/topics", "Topics", requires="anyone")
def show_topics(call: Call) -> Response:
    """What the sessions are about."""
    call.model.require_ready()
    return call.app.pages.show(call, "topics.html", lambda: {"topics": _all(call)})


@routes.route("GET", "/topics/{slug}", "A topic", requires="anyone", query=(TOLD,))
def show_topic(call: Call) -> Response:
    """Its sessions, upcoming and past, and its recordings. An old name leads to what the topic is called now."""
    call.model.require_ready()
    topic = lists.topic_now(call.model, call.path["slug"])
    if topic not in lists.topics(call.model):
        raise NotFound("There is nothing of this name.")
    if topic != call.path["slug"]:
        return go("topics.show_topic", slug=topic)
    return call.app.pages.show(call, "topic.html", lambda: _topic(call, call.path["slug"]))


def _all(call: Call) -> list[Data]:
    return [
        {
            "slug": topic,
            "upcoming": lists.sessions(call.model, {"topic": topic}, call.now).total,
            "recordings": lists.materials(call.model, readable(call), {"topic": topic, "kind": "recording"}).total,
        }
        for topic in lists.topics(call.model)
    ]


def _topic(call: Call, topic: str) -> Data:
    upcoming = lists.sessions(call.model, {**SOME, "topic": topic}, call.now)
    past = lists.sessions(call.model, {**SOME, "topic": topic, "when": "past"}, call.now)
    materials = lists.materials(call.model, readable(call), {**SOME, "topic": topic})
    return {
        "topic": topic,
        "upcoming": session_cards(call, upcoming.rows),
        "past": session_cards(call, past.rows),
        "materials": material_cards(call, materials.rows),
        "more": {
            name: page.next is not None
            for name, page in (("upcoming", upcoming), ("past", past), ("materials", materials))
        },
        "done": TOLD in call.query(),
    }
