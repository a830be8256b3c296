"""Making a session that nobody has booked a draft again: registration lets go of it first, then the catalogue."""

from werkzeug.wrappers import Response

from gateway.features.sessions.api import edited
from gateway.projection import response_schemas
from gateway.projection.call import Call
from gateway.web import responses
from gateway.web.call import Answer
from gateway.web.routing import Routes

routes = Routes("api.unpublishing", "Sessions")


@routes.route(
    "POST",
    "/sessions/{slug}/unpublish",
    "Make a session a draft again",
    requires="team",
    returns=response_schemas.EditedSession,
)
def unpublish_session(call: Call) -> Response:
    """Only where nobody has booked it, waited for it or facilitates it. Its materials are withdrawn."""
    answer = unpublished(call, call.path["slug"], call.key)
    content, etag = edited(call, answer.value)
    return responses.written(content, 200, answer.replayed, ETag=etag)


def unpublished(call: Call, slug: str, key: str | None) -> Answer:
    """Return what the catalogue answers once the session is a draft. Raises what either refuses."""
    given = call.registration("withdraw_session", slug=slug).value
    return call.catalogue("unpublish_session", slug=slug, given=given, key=key)
