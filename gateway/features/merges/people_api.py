"""Merging two accounts of someone else, for the team; where one has a role, for operators."""

from werkzeug.wrappers import Response

from gateway.projection.call import Call
from gateway.web import responses
from gateway.web.routing import Routes
from services.registration import schemas as registration

routes = Routes("api.people_merges", "People")


@routes.route(
    "GET",
    "/people/{id}/merge-suspects",
    "List accounts that may be the same person’s",
    requires="team",
    returns=registration.MergeSuspect,
    lists=True,
)
def list_suspects(call: Call) -> Response:
    """Five at most, with the same name and organisation: that is a hint, and no proof."""
    return responses.private(call.registration("merge_suspects", id=call.path["id"]))


@routes.route(
    "POST",
    "/people/{id}/merge-preview",
    "Read what would come together",
    requires="staff",
    body=registration.MergeAsked,
    returns=registration.MergePreview,
)
def preview(call: Call) -> Response:
    """If the account of that address were merged into the person’s. Nothing changes by it."""
    return responses.private(call.registration("preview_merge_of", id=call.path["id"], given=call.given))


@routes.route(
    "POST",
    "/people/{id}/merges",
    "Merge another account into a person’s",
    requires="staff",
    body=registration.MergeByTeam,
    returns=registration.MergeView,
    status=201,
)
def merge(call: Call) -> Response:
    """Both addresses are told. An account with a role is for operators, and no role goes over."""
    return responses.private(call.registration("merge_for", id=call.path["id"], given=call.given, key=call.key), 201)


@routes.route(
    "GET",
    "/people/{id}/merges",
    "List the merges of a person that can be undone",
    requires="staff",
    returns=registration.MergeView,
    lists=True,
)
def list_merges(call: Call) -> Response:
    """The latest first, each with what undoing it would mean."""
    return responses.private(call.registration("merges_of", id=call.path["id"]))


@routes.route(
    "POST",
    "/people/{person}/merges/{id}/undo",
    "Undo a merge of a person",
    requires="staff",
    body=registration.MergeUndone,
    status=204,
)
def undo_merge(call: Call) -> Response:
    """What came from the other account goes back to it; what was done since stays. They are signed out."""
    call.registration(
        "undo_merge_of", person=call.path["person"], id=call.path["id"], given=call.given, key=call.key
    )  # fmt: skip
    return responses.nothing(204)
