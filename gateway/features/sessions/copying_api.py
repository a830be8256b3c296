"""Copies of a session, drafts that are deleted, and a session as a file to make it from."""

from werkzeug.wrappers import Response

from gateway.features.sessions.api import all_edited
from gateway.projection import response_schemas
from gateway.projection.call import Call
from gateway.projection.read_model import Data
from gateway.web import conditional, responses
from gateway.web.routing import Routes
from services.catalogue import schemas as catalogue
from services.registration import schemas as registration
from services.runtime.refusals import NotFound, Refusal

routes = Routes("api.copying", "Sessions")


@routes.route(
    "POST",
    "/sessions/{slug}/copy",
    "Copy a session",
    requires="team",
    body=catalogue.Copying,
    returns=response_schemas.EditedSession,
    lists=True,
    status=201,
    query=("dry_run",),
)
def copy_session(call: Call) -> Response:
    """Into drafts on other days. With `dry_run=true` nothing is made, and the answer is `{plan}`: each copy."""
    named = {"slug": call.path["slug"], "given": call.given}
    if call.query().get("dry_run") == "true":
        return responses.written(responses.to_json({"plan": call.catalogue("plan_copies", **named).value["items"]}))
    answer = call.catalogue("copy_session", **named, key=call.key)
    take_along(call, call.path["slug"], [value["slug"] for value in answer.value["items"]], call.given)
    return responses.written(all_edited(call, answer.value["items"]), 201, answer.replayed)


@routes.route("DELETE", "/sessions/{slug}", "Delete a draft", requires="team", status=204)
def delete_session(call: Call) -> Response:
    """With its materials. Whatever was published is cancelled instead."""
    delete(call, call.path["slug"])
    return responses.nothing(204)


@routes.route("GET", "/sessions/{slug}/export", "Export a session", requires="team", returns=catalogue.NewSession)
def export_session(call: Call) -> Response:
    """As `POST /sessions` takes it; a draft too. Its materials are not in it."""
    session = call.catalogue("session", slug=call.path["slug"]).value
    wanted = {name: session[name] for name in catalogue.NewSession().fields if name in session}
    content = responses.to_json({**wanted, "speakers": [speaker["slug"] for speaker in session["speakers"]]})
    response = responses.single(call, content, conditional.tag(content), personal=True)
    response.headers["Content-Disposition"] = f'attachment; filename="{call.path["slug"]}.json"'
    return response


def take_along(call: Call, source: str, copies: list[str], given: Data) -> None:
    """Have registration give the copies what it keeps of the session, as far as that was chosen."""
    parts = [part for part in given.get("parts", registration.DRAFT_PARTS) if part in registration.DRAFT_PARTS]
    if parts:
        call.registration("copy_to_drafts", slug=source, given={"copies": copies, "parts": parts})


def delete(call: Call, slug: str) -> None:
    """Delete a draft, and what registration keeps of it."""
    try:
        call.catalogue("delete_session", slug=slug)
    except Refusal as refusal:
        if refusal.code == NotFound.code:  # perhaps deleted a moment ago, while registration was away
            call.registration("forget_draft", slug=slug)
        raise
    call.registration("forget_draft", slug=slug)
