"""What the team says to the people of a session; and every message to anybody, which it can send again."""

from werkzeug.wrappers import Response

from gateway.parts.reading import LIST_QUERY
from gateway.projection import lists
from gateway.projection.call import Call
from gateway.web import conditional, responses
from gateway.web.routing import Routes, url_for
from services.notifications import schemas as notifications

routes = Routes("api.messages", "Messages")
SECONDS = 30.0  # for as many people as a session may have
FILTERS = ("person", "session", "state", "template", "q")


@routes.route(
    "POST",
    "/sessions/{slug}/messages",
    "Write to a session's people",
    requires="facilitator",
    body=notifications.TeamMessage,
    returns=notifications.TeamMessageQueued,
    status=201,
)
def write_to_session(call: Call) -> Response:
    """To those who have a place, to those who wait or have been offered one, or to all. Each gets one email.

    Who facilitates the session writes to those who have a place: the email says so.
    """
    slug = call.path["slug"]
    answer = call.notifications("write_to_session", slug=slug, given=call.given, key=call.key, timeout=SECONDS)
    return responses.private(
        answer, 201, Location=url_for("api.messages.read_message", slug=slug, id=answer.value["id"])
    )


@routes.route(
    "GET",
    "/sessions/{slug}/messages",
    "List what was written to a session's people",
    requires="facilitator",
    returns=notifications.TeamMessageView,
    lists=True,
    query=LIST_QUERY,
)
def list_messages(call: Call) -> Response:
    """The latest first, each with how many emails are queued, were sent, and failed."""
    page = lists.page_wanted(call.query())
    return responses.private(call.notifications("mailings", slug=call.path["slug"], **page))


@routes.route(
    "GET",
    "/sessions/{slug}/messages/{id}",
    "Read what was written to a session's people",
    requires="facilitator",
    returns=notifications.TeamMessageView,
)
def read_message(call: Call) -> Response:
    """With how many emails are queued, were sent, and failed by now."""
    content = call.notifications("mailing", slug=call.path["slug"], id=call.path["id"]).content
    return responses.single(call, content, conditional.tag(content), personal=True)


@routes.route(
    "GET",
    "/messages",
    "List messages",
    requires="team",
    returns=notifications.MessageView,
    lists=True,
    query=(*FILTERS, *LIST_QUERY),
)
def list_all_messages(call: Call) -> Response:
    """To everybody, the latest first. Sign-in codes are listed, and not shown."""
    query = call.query()
    wanted = {name: query[name] for name in FILTERS if name in query}
    return responses.private(call.notifications("messages_page", wanted=wanted, **lists.page_wanted(query)))


@routes.route("GET", "/messages/{id}", "Read a message", requires="team", returns=notifications.MessageInFull)
def read_any_message(call: Call) -> Response:
    """With its text, except that of a sign-in."""
    content = call.notifications("message", id=call.path["id"]).content
    return responses.single(call, content, conditional.tag(content), personal=True)


@routes.route(
    "POST",
    "/messages/{id}/resend",
    "Send a message again",
    requires="team",
    returns=notifications.MessageView,
    status=201,
)
def resend_message(call: Call) -> Response:
    """To the address that the person has now. Not while it is queued, and never what is not true any more."""
    answer = call.notifications("resend", id=call.path["id"], key=call.key)
    return responses.private(answer, 201, Location=url_for("api.messages.read_any_message", id=answer.value["id"]))
