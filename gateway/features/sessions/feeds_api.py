"""Upcoming sessions for feed readers and calendars."""

from werkzeug.wrappers import Response

from gateway.features.sessions.feeds import atom, json_feed
from gateway.features.sessions.icalendar import calendar_feed, followed
from gateway.projection import lists
from gateway.projection.call import Call
from gateway.web import responses
from gateway.web.routing import Routes

routes = Routes("api.feeds", "Feeds")
beside_the_pages = Routes("feeds", "", prefix="")
MOST = {"when": "upcoming", "limit": str(lists.MOST)}
WRITERS = {"atom": (atom, "application/atom+xml; charset=utf-8"), "json": (json_feed, "application/feed+json")}


@beside_the_pages.route(
    "GET", "/feed.atom", "Follow upcoming sessions (Atom)", requires="anyone", media="application/atom+xml"
)
@routes.route("GET", "/feed.atom", "Follow upcoming sessions (Atom)", requires="anyone", media="application/atom+xml")
def read_atom(call: Call) -> Response:
    """The next hundred."""
    return _feed(call, "atom")


@beside_the_pages.route(
    "GET", "/feed.json", "Follow upcoming sessions (JSON Feed)", requires="anyone", media="application/feed+json"
)
@routes.route(
    "GET", "/feed.json", "Follow upcoming sessions (JSON Feed)", requires="anyone", media="application/feed+json"
)
def read_json(call: Call) -> Response:
    """The next hundred."""
    return _feed(call, "json")


@beside_the_pages.route(
    "GET", "/feed.ics", "Follow all sessions in a calendar", requires="anyone", media="text/calendar"
)
@routes.route("GET", "/feed.ics", "Follow all sessions in a calendar", requires="anyone", media="text/calendar")
def read_calendar(call: Call) -> Response:
    """Those to come and those of the last four weeks, with one VEVENT a meeting; what was cancelled says so."""
    call.model.require_ready()
    settings, path, day = call.app.settings, call.route.path, call.now.date()

    def content() -> bytes:
        sessions = followed(call.model.sessions.values(), day)
        address = f"{settings.public_url}{path}"
        return calendar_feed(_title(call), sessions, settings.public_url, address, settings.mail_from)

    written = call.app.cache.get((path, day), call.now, content)
    return responses.single(call, written.content, written.etag, personal=False, media="text/calendar; charset=utf-8")


def _feed(call: Call, form: str) -> Response:
    call.model.require_ready()
    write, media = WRITERS[form]
    title, public_url = _title(call), call.app.settings.public_url

    def content() -> bytes:
        return write(
            title, lists.sessions(call.model, MOST, call.now).rows, public_url, f"{public_url}{call.route.path}"
        )

    written = call.app.cache.get(call.route.path, call.now, content)
    return responses.single(call, written.content, written.etag, personal=False, media=media)


def _title(call: Call) -> str:
    city = call.model.city
    return f"Sessions in {city['name']}" if city else "Sessions"
