"""Reports, for the team: reading them, noting what was done, and taking somebody out of the community."""

from werkzeug.wrappers import Response

from gateway.parts.reading import LIST_QUERY
from gateway.projection.call import Call
from gateway.projection.lists import page_wanted
from gateway.web import conditional, responses
from gateway.web.call import Answer
from gateway.web.routing import Routes
from services.community import schemas as community

routes = Routes("api.reports", "Reports")


@routes.route(
    "GET",
    "/reports",
    "List reports",
    requires="team",
    returns=community.ReportView,
    lists=True,
    query=("status", *LIST_QUERY),
)
def list_reports(call: Call) -> Response:
    """Open ones first, and of each kind the latest: who reported whom, the message that began it, what was done."""
    return responses.private(call.community("reports", status=call.query().get("status"), **page_wanted(call.query())))


@routes.route("GET", "/reports/{id}", "Read a report", requires="team", returns=community.ReportView)
def read_report(call: Call) -> Response:
    """Its ETag is what a change is made from."""
    made = call.community("one_report", id=call.path["id"]).value
    return responses.single(call, responses.to_json(made), responses.version_tag(made["version"]), personal=True)


@routes.route(
    "POST",
    "/reports/{id}/deal-with",
    "Note what was done about a report",
    requires="team",
    body=community.ReportDealtWith,
    returns=community.ReportView,
    if_match=True,
)
def deal_with_report(call: Call) -> Response:
    """It is dealt with then. The team alone reads the note."""
    named = {"id": call.path["id"], "version": call.version, "given": call.given, "key": call.key}
    return _told(call.community("deal_with_report", **named))


@routes.route(
    "POST", "/reports/{id}/reopen", "Open a report again", requires="team", returns=community.ReportView, if_match=True
)
def reopen_report(call: Call) -> Response:
    """What was done before stays to be read."""
    return _told(call.community("reopen_report", id=call.path["id"], version=call.version, key=call.key))


@routes.route(
    "GET",
    "/community/removed",
    "List who was taken out of the community",
    requires="team",
    returns=community.StandingView,
    lists=True,
    query=LIST_QUERY,
)
def list_removed(call: Call) -> Response:
    """Without those who were let in again."""
    return responses.private(call.community("removed", **page_wanted(call.query())))


@routes.route(
    "GET",
    "/people/{id}/community",
    "Read how somebody stands with the community",
    requires="team",
    returns=community.StandingView,
)
def read_standing(call: Call) -> Response:
    """Whether they are a member, and whether and why they were taken out."""
    content = call.community("standing", id=call.path["id"]).content
    return responses.single(call, content, conditional.tag(content), personal=True)


@routes.route(
    "POST",
    "/people/{id}/community/remove",
    "Take somebody out of the community",
    requires="team",
    body=community.RemovalMade,
    returns=community.StandingView,
)
def remove_member(call: Call) -> Response:
    """They get the reason by email, and cannot join until they are let in. The same again changes nothing."""
    named = {"id": call.path["id"], "given": call.given, "key": call.key}
    return responses.private(call.community("remove_member", **named))


@routes.route(
    "POST", "/people/{id}/community/let-in", "Let somebody in again", requires="team", returns=community.StandingView
)
def let_in(call: Call) -> Response:
    """They get an email, and can join. Whoever was not taken out stays as they are."""
    return responses.private(call.community("let_in", id=call.path["id"], key=call.key))


def _told(answer: Answer) -> Response:
    return responses.private(answer, ETag=responses.version_tag(answer.value["version"]))
