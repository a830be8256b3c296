"""The pictures that other sites show beside a link to a page of ours: one of each session, and one of the site."""

import json
from pathlib import Path
from typing import Final

from werkzeug.wrappers import Response

from gateway.parts.look import Look, hero_of, is_named, look_of
from gateway.parts.reading import known
from gateway.projection.call import Call
from gateway.projection.read_model import Data
from gateway.projection.rows import SessionView
from gateway.projection.views import session_view, words
from gateway.web import conditional, times
from gateway.web.responses import revalidated
from gateway.web.routing import Routes

routes = Routes("share", "", prefix="", media="image/png")
TEMPLATE: Final = Path(__file__).parent / "templates" / "share.typ"
BLUE: Final = "#005eb8"  # of the NHS
FOR_AN_HOUR: Final = "public, max-age=3600"


@routes.route("GET", "/share.png", "The picture of the site for others to show", requires="anyone")
def read_picture_of_site(call: Call) -> Response:
    """What the site is called, and for which city."""
    hero = hero_of(call.model.city, named=is_named(call.model.city))
    return _drawn(call, {"title": _look(call)["site"], "above": "", "below": [hero["heading"]]})


@routes.route(
    "GET", "/sessions/{slug}/share.png", "The picture of a session for others to show", requires="anyone", query=("v",)
)
def read_picture(call: Call) -> Response:
    """Its title, when and where it meets, and its programme. `v` has each version be fetched again."""
    session = known(call, "sessions", call.path["slug"])
    view = session_view(call.model, session, call.now, call.app.settings.public_url)
    return _drawn(call, facts_of(view, _look(call)["site"]))


def facts_of(session: SessionView, site: str) -> Data:
    """Return what a session's picture says: its `title`, what is `above` it, and the lines `below`."""
    first, more = session["meetings"][0], len(session["meetings"]) - 1
    when = times.span_in_words(first["starts_at"], first["ends_at"])
    if more:
        when += f", and {more} more {'meeting' if more == 1 else 'meetings'}"
    if session["status"] == "cancelled":
        when = f"Cancelled: {when}"
    venue = session["venue"]
    where = words(session["delivery"]) + (f": {venue['name']}" if venue else "")
    return {"title": session["title"], "above": session["programme_title"] or site, "below": [when, where]}


def _look(call: Call) -> Look:
    return look_of(call.model, call.app.settings)


def _drawn(call: Call, facts: Data) -> Response:
    told = {**facts, "colour": _look(call)["accent"] or BLUE}
    key = ("share", json.dumps(told))
    content = call.app.files.get(key, lambda: call.app.typeset(TEMPLATE, told, form="png"))
    headers = {"Cache-Control": FOR_AN_HOUR, "ETag": conditional.tag(content)}
    return revalidated(call.request, content, headers, "image/png")
