"""What the team says in emails in its own words."""

from werkzeug.wrappers import Response

from gateway.projection.call import Call
from gateway.projection.read_model import Data
from gateway.web import conditional, responses
from gateway.web.routing import Routes
from services.notifications import schemas as notifications

routes = Routes("api.own_texts", "Messages")


@routes.route(
    "GET", "/emails", "List emails with words of your own", requires="team", returns=notifications.OwnTextList
)
def list_texts(call: Call) -> Response:
    """All kinds of emails in which something can be the team's."""
    return responses.private(call.notifications("own_texts"))


@routes.route(
    "GET",
    "/emails/{template}",
    "Read your own words in an email",
    requires="team",
    returns=notifications.OwnTextView,
)
def read_text(call: Call) -> Response:
    """And which placeholders are filled in."""
    content, etag = _written(call.notifications("own_text", template=call.path["template"]).value)
    return responses.single(call, content, etag, personal=True)


@routes.route(
    "PATCH",
    "/emails/{template}",
    "Say it in your own words",
    requires="team",
    body=notifications.OwnTextChange,
    partial=True,
    returns=notifications.OwnTextView,
    if_match=True,
)
def change_text(call: Call) -> Response:
    """Only the fields that are given. It is said from then on; what waits to be sent already stays as it is."""
    named = {"template": call.path["template"], "version": call.version, "given": call.given}
    content, etag = _written(call.notifications("change_own_text", **named).value)
    return responses.written(content, ETag=etag)


@routes.route("DELETE", "/emails/{template}", "Go back to our words", requires="team", status=204)
def drop_text(call: Call) -> Response:
    """Of both parts."""
    call.notifications("drop_own_text", template=call.path["template"])
    return responses.nothing(204)


@routes.route(
    "POST",
    "/emails/{template}/preview",
    "Preview your own words",
    requires="team",
    body=notifications.OwnTextChange,
    partial=True,
    returns=notifications.Preview,
)
def preview_text(call: Call) -> Response:
    """The whole email, with made-up people and sessions. Nothing is kept."""
    named = {"template": call.path["template"], "given": call.given}
    return responses.private(call.notifications("preview_own_text", **named))


@routes.route(
    "POST",
    "/emails/{template}/test",
    "Send yourself a test",
    requires="team",
    body=notifications.OwnTextChange,
    partial=True,
    returns=notifications.OwnTextTest,
    refuses=(429,),
)
def send_test(call: Call) -> Response:
    """To your own address, with the words that are given. 5 in 10 minutes."""
    named = {"template": call.path["template"], "given": call.given, "key": call.key}
    return responses.private(call.notifications("send_test", **named))


def _written(text: Data) -> tuple[bytes, str]:
    content = responses.to_json(text)
    return content, conditional.tag(content, text["version"])
