"""Upcoming sessions for feed readers."""

from werkzeug.wrappers import Response

from gateway import answers, lists
from gateway.call import Call
from gateway.feeds import atom, json_feed
from gateway.routing import Routes

routes = Routes("Feeds")
beside_the_pages = Routes("Feeds", prefix="")
MOST = {"when": "upcoming", "limit": str(lists.MOST)}
WRITERS = {"atom": (atom, "application/atom+xml; charset=utf-8"), "json": (json_feed, "application/feed+json")}


@beside_the_pages.route("GET", "/feed.atom", "anyone", "Follow upcoming sessions (Atom)", media="application/atom+xml")
@routes.route("GET", "/feed.atom", "anyone", "Follow upcoming sessions (Atom)", media="application/atom+xml")
def read_atom(call: Call) -> Response:
    """The next hundred."""
    return _feed(call, "atom")


@beside_the_pages.route(
    "GET", "/feed.json", "anyone", "Follow upcoming sessions (JSON Feed)", media="application/feed+json"
)
@routes.route("GET", "/feed.json", "anyone", "Follow upcoming sessions (JSON Feed)", media="application/feed+json")
def read_json(call: Call) -> Response:
    """The next hundred."""
    return _feed(call, "json")


def _feed(call: Call, form: str) -> Response:
    call.model.require_ready()
    write, media = WRITERS[form]
    city, public_url = call.model.city, call.house.settings.public_url
    title = f"Sessions in {city['name']}" if city else "Sessions"

    def content() -> bytes:
        return write(
            title, lists.sessions(call.model, MOST, call.now).rows, public_url, f"{public_url}{call.route.path}"
        )

    written = call.house.shelf.get(call.route.path, call.now, content)
    return answers.single(call, written.content, written.etag, personal=False, media=media)
