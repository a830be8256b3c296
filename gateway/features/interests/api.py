"""Interests: what the caller wants to hear of, and for the team how many people ask for what."""

from werkzeug.wrappers import Response

from gateway.parts.reading import LIST_QUERY
from gateway.projection import lists
from gateway.projection.call import Call
from gateway.web import conditional, responses
from gateway.web.routing import Routes, url_for
from services.registration import schemas as registration

routes = Routes("api.interests", "Interests")


@routes.route(
    "POST",
    "/interests",
    "Ask to be told when there is more",
    requires="person",
    body=registration.InterestWanted,
    returns=registration.InterestView,
    status=201,
)
def register_interest(call: Call) -> Response:
    """On one topic, of one programme, or like one session. What you have asked for already stays as it is."""
    answer = call.registration("register_interest", given=call.given, key=call.key)
    return responses.private(answer, 201, Location=url_for("api.interests.read_interest", id=answer.value["id"]))


@routes.route(
    "GET",
    "/interests",
    "List your interests",
    requires="person",
    returns=registration.InterestView,
    lists=True,
    query=LIST_QUERY,
)
def list_interests(call: Call) -> Response:
    """The latest first."""
    return responses.private(call.registration("interests", **lists.page_wanted(call.query())))


@routes.route("GET", "/interests/{id}", "Read an interest", requires="person", returns=registration.InterestView)
def read_interest(call: Call) -> Response:
    """Your own."""
    content = call.registration("interest", id=call.path["id"]).content
    return responses.single(call, content, conditional.tag(content), personal=True)


@routes.route("DELETE", "/interests/{id}", "Withdraw an interest", requires="person", status=204)
def withdraw_interest(call: Call) -> Response:
    """You are told no more because of it."""
    call.registration("withdraw_interest", id=call.path["id"])
    return responses.nothing(204)


@routes.route(
    "GET",
    "/demand/programmes",
    "Count who wants to hear of each programme",
    requires="team",
    one_call=True,
    returns=registration.InterestInProgrammes,
)
def count_by_programme(call: Call) -> Response:
    """By sector, and never who: also of programmes that have no date yet."""
    return responses.private(call.registration("interest_in_programmes"))


@routes.route(
    "GET",
    "/demand",
    "List what people ask for",
    requires="team",
    one_call=True,
    returns=registration.Demand,
    lists=True,
    query=LIST_QUERY,
)
def list_demand(call: Call) -> Response:
    """The most wanted first, with how many people want it; never who."""
    return responses.private(call.registration("demand", **lists.page_wanted(call.query())))
