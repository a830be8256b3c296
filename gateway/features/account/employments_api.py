"""Where the caller works, and has worked."""

from werkzeug.wrappers import Response

from gateway.projection.call import Call
from gateway.web import conditional, responses
from gateway.web.routing import Routes, url_for
from services.registration import schemas as registration

routes = Routes("api.employments", "Me")


@routes.route(
    "GET",
    "/me/employments",
    "List your employments",
    requires="person",
    returns=registration.EmploymentView,
    lists=True,
)
def list_employments(call: Call) -> Response:
    """The present one first. What you attended counts where you worked on that day."""
    return responses.private(call.registration("employments"))


@routes.route(
    "POST",
    "/me/employments",
    "Add an employment",
    requires="person",
    body=registration.EmploymentWanted,
    returns=registration.EmploymentView,
    status=201,
)
def add_employment(call: Call) -> Response:
    """Without `until` it is where you work now; the last one ends on the day on which it began."""
    answer = call.registration("add_employment", given=call.given, key=call.key)
    return responses.private(answer, 201, Location=url_for("api.employments.read_employment", id=answer.value["id"]))


@routes.route(
    "GET", "/me/employments/{id}", "Read an employment", requires="person", returns=registration.EmploymentView
)
def read_employment(call: Call) -> Response:
    """One of yours. Its `version` is that of your account."""
    answer = call.registration("employment", id=call.path["id"])
    tag = conditional.tag(answer.content, answer.value["version"])
    return responses.single(call, answer.content, tag, personal=True)


@routes.route(
    "PATCH",
    "/me/employments/{id}",
    "Put an employment right",
    requires="person",
    body=registration.EmploymentChange,
    returns=registration.EmploymentView,
    if_match=True,
)
def change_employment(call: Call) -> Response:
    """Only the fields that are given. Where you work now has no `until`: name where you work instead, and it ends."""
    answer = call.registration("change_employment", id=call.path["id"], version=call.version, given=call.given)
    return responses.private(answer, ETag=conditional.tag(answer.content, answer.value["version"]))


@routes.route("DELETE", "/me/employments/{id}", "Remove an employment", requires="person", status=204)
def remove_employment(call: Call) -> Response:
    """An earlier one; not where you work now."""
    call.registration("remove_employment", id=call.path["id"])
    return responses.nothing(204)
