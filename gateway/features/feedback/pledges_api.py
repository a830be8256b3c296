"""Pledges: what the caller said that they will do differently, and what became of it. Nobody else reads either."""

from werkzeug.wrappers import Response

from gateway.projection.call import Call
from gateway.web import responses
from gateway.web.routing import Routes
from services.registration import schemas as registration

routes = Routes("api.pledges", "Feedback")


@routes.route(
    "GET", "/bookings/{reference}/pledge", "Read your pledge", requires="person", returns=registration.PledgeView
)
def read_pledge(call: Call) -> Response:
    """What you said, after a session, that you will do differently. Only you can read it: the team cannot."""
    pledge = call.registration("pledge", reference=call.path["reference"]).value
    tag = responses.version_tag(pledge["version"])
    return responses.single(call, responses.to_json(pledge), tag, personal=True)


@routes.route(
    "POST",
    "/bookings/{reference}/pledge",
    "Say what became of your pledge",
    requires="person",
    body=registration.PledgeAnswer,
    returns=registration.PledgeView,
)
def answer_pledge(call: Call) -> Response:
    """From six weeks after the session on. The next answer replaces it. The team sees how many did, and never who."""
    answer = call.registration("answer_pledge", reference=call.path["reference"], given=call.given, key=call.key)
    return responses.private(answer, ETag=responses.version_tag(answer.value["version"]))
