"""People as the team sees them: what they said about themselves, and correcting it."""

from werkzeug.wrappers import Response

from gateway.projection.call import Call
from gateway.web import conditional, responses
from gateway.web.routing import Routes
from services.registration import schemas as registration

routes = Routes("api.people", "People")


@routes.route("GET", "/people/{id}", "Read a person", requires="team", returns=registration.PersonSeen)
def read_person(call: Call) -> Response:
    """What they said about themselves; not what they need."""
    answer = call.registration("person", id=call.path["id"])
    return responses.single(
        call, answer.content, conditional.tag(answer.content, answer.value["version"]), personal=True
    )


@routes.route(
    "PATCH",
    "/people/{id}",
    "Correct what a person said",
    requires="team",
    body=registration.PersonCorrection,
    returns=registration.PersonSeen,
    if_match=True,
)
def correct_person(call: Call) -> Response:
    """Only the fields that are given. The person gets an email that says which; certificates made later follow."""
    answer = call.registration("correct_person", id=call.path["id"], version=call.version, given=call.given)
    return responses.private(answer, ETag=conditional.tag(answer.content, answer.value["version"]))
