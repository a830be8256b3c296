"""The page that letters about new sessions lead to: what one is told about, and a button to stop it."""

from typing import Final

from werkzeug.wrappers import Response

from gateway.projection import lists
from gateway.projection.call import Call
from gateway.projection.read_model import Data, ReadModel
from gateway.projection.views import topic_in_words
from gateway.web.pages.layout import go
from gateway.web.routing import SignIn, page_routes, url_for
from services.runtime.refusals import NotFound, Refusal

SIGN_IN: Final = SignIn(
    "What we tell you about",
    "to see what you asked us to tell you about, and to stop it",
    after="There is a link to this page at the bottom of every page.",
)
routes = page_routes("interests", sign_in=SIGN_IN)
AT_ONCE: Final = 50  # interests on a page
PAGES: Final = {  # of what can be asked for: the route, and the parameter that names it
    "topic": ("topics.show_topic", "slug"),
    "programme": ("programmes.show_programme", "slug"),
    "session": ("sessions.show_session", "slug"),
}


@routes.route("GET", "/interests", "What you are told about", requires="person", query=("cursor", "stopped"))
def show_interests(call: Call) -> Response:
    """Each interest in words, the latest first."""
    query = call.query()
    page = call.registration("interests", cursor=query.get("cursor"), limit=AT_ONCE).value
    interests = [in_words(call.model, interest) for interest in page["items"]]
    shown = {"interests": interests, "next": page["next"], "later": "cursor" in query, "stopped": "stopped" in query}
    return call.app.pages.show_form(call, "interests.html", **shown)


@routes.route("POST", "/interests/{id}/stop", "Stop being told", requires="person", back="interests.show_interests")
def stop(call: Call) -> Response:
    """Says so, also where it was stopped already."""
    try:
        call.registration("withdraw_interest", id=call.path["id"])
    except Refusal as refusal:
        if refusal.code != NotFound.code:
            raise
    return go("interests.show_interests", stopped="yes")


def page_of(kind: str, slug: str, **query: str) -> str:
    """Return the address of the page of what can be asked for."""
    name, parameter = PAGES[kind]
    return url_for(name, **{parameter: slug}, **query)


def in_words(model: ReadModel, interest: Data) -> Data:
    """Return `{id, kind, title, page}`: what it names as a reader knows it, and the path of its page, if it has one."""
    kind = next(kind for kind in ("topic", "programme", "session") if interest[kind])
    slug = str(interest[kind])
    thing = model.get(f"{kind}s", slug) if kind != "topic" else None
    title = thing.data["title"] if thing else topic_in_words(slug)
    is_there = slug in lists.topics(model) if kind == "topic" else thing is not None
    page = page_of(kind, slug) if is_there else None
    return {"id": interest["id"], "kind": kind, "title": title, "page": page}
