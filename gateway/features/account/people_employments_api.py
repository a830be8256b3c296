"""Where someone else works, and has worked, for the team. They are told what it changes."""

from werkzeug.wrappers import Response

from gateway.projection.call import Call
from gateway.web import conditional, responses
from gateway.web.routing import Routes, url_for
from services.registration import schemas as registration

routes = Routes("api.people_employments", "People")


@routes.route(
    "GET",
    "/people/{id}/employments",
    "List the employments of a person",
    requires="team",
    returns=registration.EmploymentView,
    lists=True,
)
def list_employments(call: Call) -> Response:
    """The present one first."""
    return responses.private(call.registration("employments_of", person=call.path["id"]))


@routes.route(
    "POST",
    "/people/{id}/employments",
    "Add an employment of a person",
    requires="team",
    body=registration.EmploymentWanted,
    returns=registration.EmploymentView,
    status=201,
)
def add_employment(call: Call) -> Response:
    """Without `until` it is where they work now; the last one ends on the day on which it began."""
    person = call.path["id"]
    answer = call.registration("add_employment_of", person=person, given=call.given, key=call.key)
    there = url_for("api.people_employments.read_employment", id=person, employment=answer.value["id"])
    return responses.private(answer, 201, Location=there)


@routes.route(
    "GET",
    "/people/{id}/employments/{employment}",
    "Read an employment of a person",
    requires="team",
    returns=registration.EmploymentView,
)
def read_employment(call: Call) -> Response:
    """Its `version` is that of the person."""
    answer = call.registration("employment_of", person=call.path["id"], id=call.path["employment"])
    tag = conditional.tag(answer.content, answer.value["version"])
    return responses.single(call, answer.content, tag, personal=True)


@routes.route(
    "PATCH",
    "/people/{id}/employments/{employment}",
    "Put an employment of a person right",
    requires="team",
    body=registration.EmploymentChange,
    returns=registration.EmploymentView,
    if_match=True,
)
def change_employment(call: Call) -> Response:
    """Only the fields that are given."""
    named = {"person": call.path["id"], "id": call.path["employment"], "version": call.version}
    answer = call.registration("change_employment_of", **named, given=call.given)
    return responses.private(answer, ETag=conditional.tag(answer.content, answer.value["version"]))


@routes.route(
    "DELETE",
    "/people/{id}/employments/{employment}",
    "Remove an employment of a person",
    requires="team",
    status=204,
)
def remove_employment(call: Call) -> Response:
    """An earlier one; not where they work now."""
    call.registration("remove_employment_of", person=call.path["id"], id=call.path["employment"])
    return responses.nothing(204)
