"""Merging two accounts of the caller's, and undoing that."""

from werkzeug.wrappers import Response

from gateway.projection.call import Call
from gateway.web import conditional, responses
from gateway.web.routing import Routes
from services.registration import schemas as registration

routes = Routes("api.merges", "Me")


@routes.route(
    "POST",
    "/me/merge",
    "Ask to merge another account into yours",
    requires="person",
    body=registration.MergeAsked,
    status=202,
)
def ask_merge(call: Call) -> Response:
    """Sends a code to its address. 202 also where that has no account: then no code is sent, and none is right."""
    call.registration("ask_merge", given=call.given, address=call.address, key=call.key)
    return responses.nothing(202)


@routes.route(
    "POST",
    "/me/merge/proof",
    "Show that the other account is yours",
    requires="person",
    body=registration.MergeProof,
    returns=registration.MergePreview,
)
def prove_merge(call: Call) -> Response:
    """With the code, and the second factor of that account if it has one. It counts for 30 minutes."""
    return responses.private(call.registration("prove_merge", given=call.given))


@routes.route(
    "GET",
    "/me/merge",
    "Read what would come together",
    requires="person",
    returns=registration.MergePreview,
)
def read_merge(call: Call) -> Response:
    """With the other account that you have shown to be yours. Nothing changes by it."""
    content = responses.to_json(call.registration("merge_preview").value)
    return responses.single(call, content, conditional.tag(content), personal=True)


@routes.route(
    "POST",
    "/me/merges",
    "Merge the other account into yours",
    requires="person",
    body=registration.MergeConfirmed,
    returns=registration.MergeView,
    status=201,
)
def merge(call: Call) -> Response:
    """Both addresses lead to your account from now on, and both are told. It can be undone for 30 days."""
    return responses.private(call.registration("merge", given=call.given, key=call.key), 201)


@routes.route(
    "GET",
    "/me/merges",
    "List the merges that you can undo",
    requires="person",
    returns=registration.MergeView,
    lists=True,
)
def list_merges(call: Call) -> Response:
    """The latest first, each with what undoing it would mean."""
    return responses.private(call.registration("merges"))


@routes.route(
    "POST",
    "/me/merges/{id}/undo",
    "Undo a merge",
    requires="person",
    body=registration.MergeUndone,
    status=204,
)
def undo_merge(call: Call) -> Response:
    """What came from the other account goes back to it; what was done since stays. You are signed out elsewhere."""
    call.registration("undo_merge", id=call.path["id"], given=call.given, key=call.key)
    return responses.nothing(204)
