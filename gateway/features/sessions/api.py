"""Sessions: what anybody may read of them, and what the team does with them."""

from collections.abc import Sequence

from werkzeug.wrappers import Response

from gateway.features.sessions import displacing
from gateway.features.sessions.icalendar import session_calendar
from gateway.parts.reading import LIST_QUERY, known, latest, list_of, listed
from gateway.projection import lists, response_schemas
from gateway.projection.call import Call
from gateway.projection.read_model import Data, Session, as_session
from gateway.projection.views import session_view
from gateway.web import conditional, responses
from gateway.web.call import Answer
from gateway.web.response_cache import Written
from gateway.web.routing import Routes, url_for
from services.catalogue import schemas as catalogue
from services.runtime.schemas import Schema, load

routes = Routes("api.sessions", "Sessions")
EDITORS_FIELDS = ("join_url", "places_in_room", "places_online", "travel_minutes", "materials", "template")
FILTERS = ("when", "topic", "programme", "delivery", "speaker", "q")


@routes.route(
    "GET",
    "/sessions",
    "List sessions",
    requires="anyone",
    returns=response_schemas.Session,
    lists=True,
    query=(*FILTERS, *LIST_QUERY),
)
def list_sessions(call: Call) -> Response:
    """Upcoming ones unless asked otherwise."""
    return listed(
        call, lambda query: lists.sessions(call.model, query, call.now), lambda session: written(call, session).content
    )


@routes.route("GET", "/sessions/{slug}", "Read a session", requires="anyone", returns=response_schemas.Session)
def read_session(call: Call) -> Response:
    """The team reads what the catalogue holds, drafts and their own changes included."""
    if call.is_team() and (value := latest(call, "session", slug=call.path["slug"])):
        content, etag = edited(call, value)
        return responses.single(call, content, etag, personal=True)
    one = written(call, known(call, "sessions", call.path["slug"]))
    return responses.single(call, one.content, one.etag, personal=False)


@routes.route("GET", "/sessions/{slug}.ics", "Download a session's meetings", requires="anyone", media="text/calendar")
def read_calendar(call: Call) -> Response:
    """One VEVENT a meeting."""
    session = known(call, "sessions", call.path["slug"])
    settings = call.app.settings
    one = call.app.cache.get(
        ("ics", call.path["slug"]),
        call.now,
        lambda: session_calendar(session, settings.public_url, settings.mail_from),
    )
    response = responses.single(call, one.content, one.etag, personal=False, media="text/calendar; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{call.path["slug"]}.ics"'
    return response


@routes.route(
    "GET",
    "/drafts",
    "List unpublished sessions",
    requires="team",
    returns=response_schemas.EditedSession,
    lists=True,
    query=LIST_QUERY,
)
def list_drafts(call: Call) -> Response:
    """As the catalogue holds them."""
    page = call.catalogue("drafts", **lists.page_wanted(call.query())).value
    return responses.written(all_edited(call, page["items"], page["next"]))


@routes.route(
    "POST",
    "/sessions",
    "Draft a session",
    requires="team",
    body=catalogue.NewSession,
    returns=response_schemas.EditedSession,
    status=201,
)
def create_session(call: Call) -> Response:
    """Nobody else sees it until it is published."""
    answer = call.catalogue("create_session", given=call.given, key=call.key)
    return _changed(call, answer, 201, Location=url_for("api.sessions.read_session", slug=answer.value["slug"]))


@routes.route(
    "PATCH",
    "/sessions/{slug}",
    "Change a session",
    requires="team",
    body=displacing.SessionChange,
    partial=True,
    returns=response_schemas.EditedSession,
    if_match=True,
    query=("dry_run",),
)
def change_session(call: Call) -> Response:
    """Only the fields that are given.

    With `dry_run=true` nothing changes, and the answer is `{plan}`: what would become of whom. What takes people's
    places needs their number as `displace`.
    """
    if _is_dry_run(call):
        return _planned(call, displacing.SessionChange(partial=True))
    given = displacing.confirmed(call)
    answer = call.catalogue("change_session", slug=call.path["slug"], version=call.version, given=given)
    return _with_figures(call, answer, given)


@routes.route(
    "POST", "/sessions/{slug}/publish", "Publish a session", requires="team", returns=response_schemas.EditedSession
)
def publish_session(call: Call) -> Response:
    """Booking opens at once, or when the session says."""
    return _changed(call, call.catalogue("publish_session", slug=call.path["slug"], key=call.key))


@routes.route(
    "POST",
    "/sessions/{slug}/cancel",
    "Cancel a session",
    requires="team",
    body=catalogue.Cancellation,
    returns=response_schemas.EditedSession,
)
def cancel_session(call: Call) -> Response:
    """Everybody with a booking is told why."""
    return _changed(call, call.catalogue("cancel_session", slug=call.path["slug"], given=call.given, key=call.key))


@routes.route(
    "POST",
    "/sessions/{slug}/reinstate",
    "Call a cancelled session back",
    requires="team",
    returns=response_schemas.EditedSession,
)
def reinstate_session(call: Call) -> Response:
    """People who were cancelled with it have their bookings again, and are told."""
    return _changed(call, call.catalogue("reinstate_session", slug=call.path["slug"], key=call.key))


@routes.route(
    "POST",
    "/sessions/{slug}/convert",
    "Convert a session",
    requires="team",
    body=displacing.SessionConversion,
    returns=response_schemas.EditedSession,
    query=("dry_run",),
)
def convert_session(call: Call) -> Response:
    """To face to face, virtual or hybrid. Bookings come along.

    Those who have no place any more get a free one of the other mode, or wait before all others. With `dry_run=true`
    nothing changes, and the answer is `{plan}`: what would become of whom. What takes people's places needs their
    number as `displace`.
    """
    if _is_dry_run(call):
        return _planned(call, displacing.SessionConversion())
    given = displacing.confirmed(call)
    answer = call.catalogue("convert_session", slug=call.path["slug"], given=given, key=call.key)
    return _with_figures(call, answer, given)


def _is_dry_run(call: Call) -> bool:
    return call.query().get("dry_run") == "true"


def _planned(call: Call, schema: Schema) -> Response:
    given = load(schema, call.given)
    return responses.written(responses.to_json({"plan": displacing.forecast(call, call.path["slug"], given)["plan"]}))


def written(call: Call, session: Session) -> Written:
    """Return a session as everybody reads it, from the cache."""
    places = call.model.places(session.data)
    return call.app.cache.get(
        ("session", session.data["slug"]), call.now, lambda: _content(call, session), session.version, places.version
    )


def _content(call: Call, session: Session) -> bytes:
    return responses.to_json(session_view(call.model, session, call.now, call.app.settings.public_url))


def edited(call: Call, value: Data) -> tuple[bytes, str]:
    """Return a session as its editors read it, and its ETag."""
    session = as_session(value)
    view = session_view(call.model, session, call.now, call.app.settings.public_url)
    places = call.model.places(session.data)
    content = responses.to_json(view | {name: value.get(name) for name in EDITORS_FIELDS} | {"over": places.over})
    return content, conditional.tag(content, session.version, places.version)


def all_edited(call: Call, values: Sequence[Data], after: str | None = None) -> bytes:
    """Return a page of sessions as their editors read them."""
    return list_of([edited(call, value)[0] for value in values], after)


def _with_figures(call: Call, answer: Answer, given: Data) -> Response:
    """Answer with the session as it is now, and the figures that its places have by the change."""
    displacing.follow(call, answer.value, given)
    call.hear()
    return _changed(call, answer)


def _changed(call: Call, answer: Answer, status: int = 200, **headers: str) -> Response:
    content, etag = edited(call, answer.value)
    return responses.written(content, status, answer.replayed, ETag=etag, **headers)
