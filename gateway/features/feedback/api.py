"""Feedback: what the caller thought of a session, and for the team what all thought of it, without names."""

from werkzeug.wrappers import Response

from gateway.parts.reading import LIST_QUERY
from gateway.projection import lists
from gateway.projection.call import Call
from gateway.web import responses
from gateway.web.routing import Routes
from services.registration import schemas as registration

routes = Routes("api.feedback", "Feedback")


@routes.route(
    "POST",
    "/bookings/{reference}/feedback",
    "Say what you thought of a session",
    requires="person",
    body=registration.FeedbackGiven,
    returns=registration.FeedbackView,
)
def give_feedback(call: Call) -> Response:
    """Once the session has ended, for 60 days. One answer a booking: the next one replaces it.

    What you will do differently is your pledge. You alone read it, and are reminded of it after six weeks.
    """
    answer = call.registration("give_feedback", reference=call.path["reference"], given=call.given, key=call.key)
    return responses.private(answer, ETag=responses.version_tag(answer.value["version"]))


@routes.route(
    "GET",
    "/bookings/{reference}/feedback",
    "Read what you thought of a session",
    requires="person",
    returns=registration.FeedbackView,
)
def read_feedback(call: Call) -> Response:
    """Your own."""
    given = call.registration("feedback", reference=call.path["reference"]).value
    tag = responses.version_tag(given["version"])
    return responses.single(call, responses.to_json(given), tag, personal=True)


@routes.route(
    "GET",
    "/sessions/{slug}/feedback",
    "Read what people thought of a session",
    requires="team",
    one_call=True,
    returns=registration.SessionFeedback,
    query=LIST_QUERY,
)
def read_session_feedback(call: Call) -> Response:
    """Never who said it. Fewer than 3 answers are not shown, because it could be guessed whose they are.

    What people pledge to do differently is for them alone: of that there are figures.
    """
    page = lists.page_wanted(call.query())
    return responses.private(call.registration("session_feedback", slug=call.path["slug"], **page))
