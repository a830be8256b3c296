"""Copies of a programme, with drafts of its sessions."""

from collections import defaultdict

from werkzeug.wrappers import Response

from gateway.features.sessions.api import all_edited
from gateway.features.sessions.copying_api import take_along
from gateway.projection import response_schemas
from gateway.projection.call import Call
from gateway.projection.read_model import Data
from gateway.web import responses
from gateway.web.routing import Routes, url_for
from services.catalogue import schemas as catalogue

routes = Routes("api.programme_copying", "Programmes")


@routes.route(
    "POST",
    "/programmes/{slug}/copy",
    "Copy a programme",
    requires="team",
    body=catalogue.ProgrammeCopying,
    returns=response_schemas.EditedSession,
    lists=True,
    status=201,
    query=("dry_run",),
)
def copy_programme(call: Call) -> Response:
    """Into a new one, with drafts of its sessions, all or none. `Location` is the programme.

    With `dry_run=true` nothing is made, and the answer is `{plan}`: each session, and the copy of it.
    """
    named = {"slug": call.path["slug"], "given": call.given}
    if call.query().get("dry_run") == "true":
        plan = call.catalogue("plan_programme_copy", **named).value["items"]
        return responses.written(responses.to_json({"plan": plan}))
    answer = call.catalogue("copy_programme", **named, key=call.key)
    take_all_along(call, answer.value, call.given)
    address = url_for("api.programmes.read_programme", slug=answer.value["programme"]["slug"])
    return responses.written(all_edited(call, answer.value["items"]), 201, answer.replayed, Location=address)


def take_all_along(call: Call, made: Data, given: Data) -> None:
    """Have registration give each draft what it keeps of the session that it is a copy of."""
    copies: dict[str, list[str]] = defaultdict(list)
    for source, item in zip(made["sources"], made["items"], strict=True):
        copies[source].append(item["slug"])
    for source, slugs in copies.items():
        take_along(call, source, slugs, given)
