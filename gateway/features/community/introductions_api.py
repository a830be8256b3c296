"""Introductions: members who ask to meet each other, and report each other."""

from werkzeug.wrappers import Response

from gateway.parts.membership import ask
from gateway.parts.reading import LIST_QUERY
from gateway.projection.call import Call
from gateway.projection.lists import page_wanted
from gateway.web import conditional, responses
from gateway.web.routing import Routes, url_for
from services.community import schemas as community

routes = Routes("api.introductions", "Introductions")


@routes.route(
    "GET",
    "/introductions/suggested",
    "List whom you might like to meet",
    requires="person",
    returns=community.Suggestion,
    lists=True,
)
def list_suggested(call: Call) -> Response:
    """Members only. Up to 10 members from other sectors whom you have not met, and why."""
    return responses.private(ask(call, "suggested"))


@routes.route(
    "POST",
    "/introductions",
    "Ask to meet a member",
    requires="person",
    body=community.Proposal,
    returns=community.IntroductionView,
    status=201,
    key_required=True,
)
def propose(call: Call) -> Response:
    """They have 14 days to answer. At most 3 in 7 days, and the same person once in 90 days."""
    answer = ask(call, "propose", given=call.given, key=call.key)
    return responses.private(
        answer, 201, Location=url_for("api.introductions.read_introduction", id=answer.value["id"])
    )


@routes.route(
    "GET",
    "/introductions",
    "List your introductions",
    requires="person",
    returns=community.IntroductionView,
    lists=True,
    query=("which", *LIST_QUERY),
)
def list_introductions(call: Call) -> Response:
    """The latest first. An accepted one holds the other’s email address. Whoever said no to you still waits here."""
    return responses.private(ask(call, "introductions", which=call.query().get("which"), **page_wanted(call.query())))


@routes.route(
    "GET", "/introductions/{id}", "Read an introduction", requires="person", returns=community.IntroductionView
)
def read_introduction(call: Call) -> Response:
    """Your own, whether you asked or were asked."""
    content = ask(call, "introduction", id=call.path["id"]).content
    return responses.single(call, content, conditional.tag(content), personal=True)


@routes.route("POST", "/introductions/{id}/accept", "Say yes", requires="person", returns=community.IntroductionView)
def accept(call: Call) -> Response:
    """Each of you then gets the other’s email address."""
    return responses.private(ask(call, "accept", id=call.path["id"], key=call.key))


@routes.route("POST", "/introductions/{id}/decline", "Say no", requires="person", returns=community.IntroductionView)
def decline(call: Call) -> Response:
    """They are not told."""
    return responses.private(ask(call, "decline", id=call.path["id"], key=call.key))


@routes.route(
    "POST", "/introductions/{id}/withdraw", "Take it back", requires="person", returns=community.IntroductionView
)
def withdraw(call: Call) -> Response:
    """What you asked, as long as it is not answered."""
    return responses.private(ask(call, "withdraw", id=call.path["id"], key=call.key))


@routes.route(
    "POST",
    "/introductions/{id}/report",
    "Report the other person",
    requires="person",
    body=community.ReportMade,
    returns=community.IntroductionView,
)
def report(call: Call) -> Response:
    """The team reads it, with the message. You and they no longer see each other. They are not told."""
    return responses.private(ask(call, "report", id=call.path["id"], given=call.given, key=call.key))
