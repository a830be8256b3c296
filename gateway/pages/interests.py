"""The page that letters about new sessions lead to: what one is told about, and a button to stop it."""

from typing import Final

from werkzeug.wrappers import Response

from gateway.call import Call
from gateway.lists import topics
from gateway.pages.layout import led_to
from gateway.read_model import Data, ReadModel
from gateway.routing import Routes
from gateway.views import topic_in_words
from services.bus.refusals import NotFound, Refusal

routes = Routes("Pages", prefix="")
AT_ONCE: Final = 50  # interests on a page


@routes.route(
    "GET", "/interests", "anyone", "What you are told about", media="text/html", query=("cursor", "stopped")
)  # fmt: skip
def show_interests(call: Call) -> Response:
    """Each interest in words, the latest first."""
    if not call.house.pages.is_signed_in(call):
        return _ask_to_sign_in(call)
    query = call.query()
    page = call.registration("interests", cursor=query.get("cursor"), limit=AT_ONCE).value
    interests = [in_words(call.model, interest) for interest in page["items"]]
    shown = {"interests": interests, "next": page["next"], "later": "cursor" in query, "stopped": "stopped" in query}
    return call.house.pages.show_form(call, "interests.html", **shown)


@routes.route(
    "POST", "/interests/{id}/stop", "anyone", "Stop being told", media="text/html", form=True, status=303
)  # fmt: skip
def stop(call: Call) -> Response:
    """Says so, also where it was stopped already."""
    if not call.house.pages.is_signed_in(call):
        return _ask_to_sign_in(call)
    try:
        call.registration("withdraw_interest", id=call.path["id"])
    except Refusal as refusal:
        if refusal.code != NotFound.code:
            raise
    return led_to("/interests?stopped=yes")


def in_words(model: ReadModel, interest: Data) -> Data:
    """Return `{id, kind, title, page}`: what it names as a reader knows it, and the path of its page, if it has one."""
    kind = next(kind for kind in ("topic", "programme", "session") if interest[kind])
    slug = str(interest[kind])
    thing = model.get(f"{kind}s", slug) if kind != "topic" else None
    if kind == "topic":
        title, page = topic_in_words(slug), f"/topics/{slug}" if slug in topics(model) else None
    else:
        title = thing.data["title"] if thing else slug.replace("-", " ")
        page = f"/sessions/{slug}" if thing and kind == "session" else None
    return {"id": interest["id"], "kind": kind, "title": title, "page": page}


def _ask_to_sign_in(call: Call) -> Response:
    to = "to see what you asked us to tell you about, and to stop it"
    after = "There is a link to this page at the bottom of every page."
    return call.house.pages.ask_to_sign_in(call, "What we tell you about", to, back="/interests", after=after)
