"""Drafts of what the team writes to the people of a session."""

from werkzeug.wrappers import Response

from gateway.parts.reading import LIST_QUERY
from gateway.projection import lists
from gateway.projection.call import Call
from gateway.projection.read_model import Data
from gateway.web import conditional, responses
from gateway.web.routing import Routes, url_for
from services.notifications import schemas as notifications

routes = Routes("api.message_drafts", "Messages")


@routes.route(
    "GET",
    "/message-drafts",
    "List drafts of messages",
    requires="team",
    returns=notifications.MessageDraftView,
    lists=True,
    query=LIST_QUERY,
)
def list_drafts(call: Call) -> Response:
    """Of the whole team, the latest begun first."""
    return responses.private(call.notifications("message_drafts", **lists.page_wanted(call.query())))


@routes.route(
    "POST",
    "/message-drafts",
    "Keep a draft of a message",
    requires="team",
    body=notifications.MessageDraftBegun,
    returns=notifications.MessageDraftView,
    status=201,
)
def begin_draft(call: Call) -> Response:
    """For the people of a session. What is missing still can be added later."""
    answer = call.notifications("begin_message_draft", given=call.given, key=call.key)
    content, etag = _written(answer.value)
    path = url_for("api.message_drafts.read_draft", id=answer.value["id"])
    return responses.written(content, 201, ETag=etag, Location=path)


@routes.route(
    "GET",
    "/message-drafts/{id}",
    "Read a draft of a message",
    requires="team",
    returns=notifications.MessageDraftView,
)
def read_draft(call: Call) -> Response:
    """With who saved it last, and when."""
    content, etag = _written(call.notifications("message_draft", id=call.path["id"]).value)
    return responses.single(call, content, etag, personal=True)


@routes.route(
    "PUT",
    "/message-drafts/{id}",
    "Save a draft of a message",
    requires="team",
    body=notifications.MessageDraftText,
    returns=notifications.MessageDraftView,
    if_match=True,
)
def save_draft(call: Call) -> Response:
    """As a whole: what is left out is missing from then on."""
    named = {"id": call.path["id"], "version": call.version, "given": call.given}
    content, etag = _written(call.notifications("change_message_draft", **named).value)
    return responses.written(content, ETag=etag)


@routes.route("DELETE", "/message-drafts/{id}", "Delete a draft of a message", requires="team", status=204)
def delete_draft(call: Call) -> Response:
    """For the whole team."""
    call.notifications("drop_message_draft", id=call.path["id"])
    return responses.nothing(204)


def _written(draft: Data) -> tuple[bytes, str]:
    content = responses.to_json(draft)
    return content, conditional.tag(content, draft["version"])
