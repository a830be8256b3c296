"""Suggestions: themes that people would like, and offers to speak; for the team to read."""

from werkzeug.wrappers import Response

from gateway.parts.reading import LIST_QUERY
from gateway.projection import lists
from gateway.projection.call import Call
from gateway.web import conditional, responses
from gateway.web.routing import Routes, url_for
from services.registration import schemas as registration

routes = Routes("api.suggestions", "Suggestions")


@routes.route(
    "POST",
    "/suggestions",
    "Suggest a theme, or offer to speak",
    requires="person",
    body=registration.SuggestionMade,
    returns=registration.SuggestionView,
    status=201,
)
def suggest(call: Call) -> Response:
    """The team reads it, with your name and address. At most 20 in 24 hours."""
    answer = call.registration("suggest", given=call.given, key=call.key)
    return responses.private(answer, 201, Location=url_for("api.suggestions.read_suggestion", id=answer.value["id"]))


@routes.route("GET", "/suggestions/{id}", "Read a suggestion", requires="person", returns=registration.SuggestionView)
def read_suggestion(call: Call) -> Response:
    """Your own."""
    content = call.registration("suggestion", id=call.path["id"]).content
    return responses.single(call, content, conditional.tag(content), personal=True)


@routes.route(
    "GET",
    "/suggestions",
    "List suggestions",
    requires="team",
    one_call=True,
    returns=registration.SuggestionOfPerson,
    lists=True,
    query=("kind", *LIST_QUERY),
)
def list_suggestions(call: Call) -> Response:
    """The latest first, with the people who made them, unless they were erased."""
    query = call.query()
    return responses.private(call.registration("suggestions", **lists.page_wanted(query), kind=query.get("kind")))
