"""Addresses that no mail reaches: seen by whoever has one and by the team, and what mail servers report."""

import re

from werkzeug.wrappers import Response

from gateway.parts.reading import LIST_QUERY
from gateway.projection import lists
from gateway.projection.call import Call
from gateway.web import conditional, responses
from gateway.web.routing import Routes
from services.notifications import schemas as notifications

routes = Routes("api.addresses", "Addresses")
REPORTS = ("message/rfc822", "multipart/report", "text/plain")


@routes.route(
    "GET", "/me/address", "Read whether mail reaches you", requires="person", returns=notifications.AddressView
)
def read_my_address(call: Call) -> Response:
    """If it does not, since when and why: then only sign-in codes are sent to you."""
    content = call.notifications("address_of", person=call.who()["id"]).content
    return responses.single(call, content, conditional.tag(content), personal=True)


@routes.route(
    "POST", "/me/address/try-again", "Have mail sent to you again", requires="person", returns=notifications.AddressView
)
def trust_my_address(call: Call) -> Response:
    """Once your address works again. What was not sent meanwhile does not come by itself."""
    return responses.private(call.notifications("trust_address", person=call.who()["id"], key=call.key))


@routes.route(
    "GET",
    "/undeliverable",
    "List whom no mail reaches",
    requires="team",
    returns=notifications.UndeliverableView,
    lists=True,
    query=LIST_QUERY,
)
def list_undeliverable(call: Call) -> Response:
    """The latest first, each with since when and why."""
    return responses.private(call.notifications("undeliverable", **lists.page_wanted(call.query())))


@routes.route(
    "POST",
    "/undeliverable/{person}/try-again",
    "Have mail sent to somebody again",
    requires="team",
    returns=notifications.AddressView,
)
def trust_address(call: Call) -> Response:
    """Once their address works again. What was not sent meanwhile does not go by itself."""
    return responses.private(call.notifications("trust_address", person=call.path["person"], key=call.key))


@routes.route(
    "POST",
    "/bounces",
    "Hand in a mail server’s report",
    requires="operator",
    returns=notifications.BounceTaken,
    takes=REPORTS,
)
def take_bounce(call: Call) -> Response:
    """A report (RFC 3464) as the mail that it came as. Handing in the same one twice does no harm."""
    report = _report(call).decode("latin-1")  # a byte is a character, on its way through JSON
    return responses.private(call.notifications("take_bounce", given={"report": report}, key=call.key))


def _report(call: Call) -> bytes:
    """Return the report as a mail; the body of one alone begins without the field that says where its parts are."""
    named = call.request.headers.get("Content-Type", "")
    if call.request.mimetype != "multipart/report" or re.match(rb"[!-9;-~]+[ \t]*:", call.content):
        return call.content
    return f"Content-Type: {named}\r\n\r\n".encode("latin-1", "replace") + call.content
