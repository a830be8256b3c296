"""Questions of a session, and the answers to them: one's own, and for those who run the session."""

from werkzeug.wrappers import Response

from gateway.parts.edited_sessions import session_of
from gateway.parts.reading import LIST_QUERY
from gateway.projection import lists
from gateway.projection.call import Call
from gateway.web import conditional, responses
from gateway.web.call import Answer
from gateway.web.routing import Routes
from services.registration import schemas as registration

routes = Routes("api.questions", "Questions")


@routes.route(
    "GET",
    "/sessions/{slug}/questions",
    "Read the questions of a session",
    requires="person",
    returns=registration.QuestionsView,
)
def read_questions(call: Call) -> Response:
    """What is asked of those who book it. The team also reads those of a draft, and those that are no longer asked."""
    answer = call.registration("questions", slug=call.path["slug"])
    return responses.single(call, answer.content, _tag(answer), personal=True)


@routes.route(
    "PATCH",
    "/sessions/{slug}/questions",
    "Change the questions of a session",
    requires="team",
    body=registration.QuestionsWanted,
    returns=registration.QuestionsView,
    if_match=True,
)
def ask_questions(call: Call) -> Response:
    """To these, in this order. What was answered keeps its wording; left out, it is not asked any more."""
    slug = session_of(call)["slug"]  # also of a draft, of which registration does not know
    answer = call.registration("ask_questions", slug=slug, version=call.version, given=call.given)
    return responses.private(answer, ETag=_tag(answer))


@routes.route(
    "GET",
    "/bookings/{reference}/answers",
    "Read the answers at a booking",
    requires="person",
    returns=registration.AnswersOfBooking,
)
def read_answers(call: Call) -> Response:
    """With what is asked. The team may read anyone's."""
    answer = call.registration("answers", reference=call.path["reference"])
    return responses.single(call, answer.content, _tag(answer), personal=True)


@routes.route(
    "PATCH",
    "/bookings/{reference}/answers",
    "Change the answers at a booking",
    requires="person",
    body=registration.AnswersChange,
    returns=registration.AnswersOfBooking,
    if_match=True,
)
def change_answers(call: Call) -> Response:
    """To these, until the session starts. What is left out is no answer. The team may change anyone's."""
    named = {"reference": call.path["reference"], "version": call.version, "given": call.given}
    answer = call.registration("change_answers", **named)
    return responses.private(answer, ETag=_tag(answer))


@routes.route(
    "GET",
    "/sessions/{slug}/answers",
    "List the answers at a session",
    requires="facilitator",
    one_call=True,
    returns=registration.AnswersOfSession,
    lists=True,
    query=LIST_QUERY,
)
def list_answers(call: Call) -> Response:
    """By booking. Facilitators read those that are for them, of people who have a place."""
    page = lists.page_wanted(call.query())
    return responses.private(call.registration("session_answers", slug=call.path["slug"], **page))


@routes.route(
    "GET",
    "/sessions/{slug}/answers/totals",
    "Count the answers at a session",
    requires="facilitator",
    one_call=True,
    returns=registration.AnswerTotals,
)
def read_totals(call: Call) -> Response:
    """How many of those who have a place gave which answer."""
    answer = call.registration("answer_totals", slug=call.path["slug"])
    return responses.single(call, answer.content, conditional.tag(answer.content), personal=True)


def _tag(answer: Answer) -> str:
    return conditional.tag(answer.content, answer.value["version"])
