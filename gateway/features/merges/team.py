"""The team's pages for someone who has two accounts: finding the other, what would come together, and undoing it."""

from typing import Final

from werkzeug.wrappers import Response

from gateway.features.merges import shown
from gateway.parts.sign_ins import key_of, once, show
from gateway.parts.team_views import name_of
from gateway.projection.call import Call
from gateway.projection.read_model import Data
from gateway.web.pages.field_errors import EMAIL, Asked, in_form
from gateway.web.pages.forms import typed
from gateway.web.pages.layout import go
from gateway.web.routing import SignIn, page_routes
from services.runtime.refusals import Invalid, NotAllowed, NotFound, Refusal

SIGN_IN: Final = SignIn(
    "Merge two accounts", "to merge accounts", before="This page is for the team.", keeps={"reason": "The reason"}
)
routes = page_routes("team_merges", sign_in=SIGN_IN, private=True)
ASKED: Final = {"email": Asked(ask=EMAIL), "reason": Asked("the reason", ask="Say why you merge these accounts")}
DONE: Final = {
    "merged": "The two accounts are one now. We have emailed both addresses.",
    "parted": "They are two accounts again. We have emailed both addresses.",
}


@routes.route("GET", "/team/people/{id}/merges", "Merge with another account", requires="team", query=("done",))
def show_merges(call: Call) -> Response:
    """A form for the other address, accounts that may be theirs, and what was merged lately."""
    return _show_merges(call)


@routes.route("POST", "/team/people/{id}/merges", "Merge with another account", requires="team")
def merge(call: Call) -> Response:
    """Shows first what would come together; `step` is `merge` once that is to be done."""
    said = typed(call, "email", "reason", "name", "version")
    try:
        if call.given.get("step") != "merge":
            return _show_preview(call, said)
        given = {**said, "name": said["name"] or "kept"}
        once(lambda: call.registration("merge_for", id=call.path["id"], given=given, key=key_of(call)))
    except Refusal as refusal:
        return _again(call, refusal, said)
    return go("team_merges.show_merges", id=call.path["id"], done="merged")


@routes.route("GET", "/team/people/{person}/merges/{id}", "Undo a merge", requires="team")
def show_undo(call: Call) -> Response:
    """What goes back, what stays, and what is lost."""
    return _show_undo(call)


@routes.route("POST", "/team/people/{person}/merges/{id}", "Undo a merge", requires="team")
def undo(call: Call) -> Response:
    """Leads back to the person, also where it was undone already."""
    person, given = call.path["person"], {"version": call.given.get("version", "")}
    named = {"person": person, "id": call.path["id"], "given": given, "key": key_of(call)}
    try:
        once(lambda: call.registration("undo_merge_of", **named))
    except Refusal as refusal:
        if refusal.code == shown.OVER:
            return go("team_merges.show_merges", id=person)
        if refusal.code not in (shown.CHANGED, NotAllowed.code):
            raise
        return _show_undo(call, 409 if refusal.code == shown.CHANGED else 403, shown.words_of(refusal))
    return go("team_merges.show_merges", id=person, done="parted")


def _again(call: Call, refusal: Refusal, said: dict[str, str]) -> Response:
    """Show the form again with what is in the way. Raises the refusal if no form can mend it."""
    if refusal.code == Invalid.code:
        errors = in_form(refusal, ASKED, said)
        if "reason" in errors:
            return _show_preview(call, said, 422, errors)
        return _show_merges(call, 422, errors, said["email"])
    if refusal.code == shown.CHANGED:
        return _show_preview(call, said, 409, {"reason": shown.LOOK_AGAIN})
    if refusal.code in (NotAllowed.code, shown.REFUSED):
        status = 403 if refusal.code == NotAllowed.code else 409
        return _show_merges(call, status, {"email": refusal.detail}, said["email"])
    raise refusal


def _show_merges(
    call: Call, status: int = 200, errors: dict[str, str] | None = None, email: str = ""
) -> Response:  # fmt: skip
    id = call.path["id"]
    person = call.registration("person", id=id).value
    rows = [shown.merge(row) for row in call.registration("merges_of", id=id).value["items"]]
    context: Data = {
        "suspects": call.registration("merge_suspects", id=id).value["items"],
        "done": DONE.get(call.query().get("done", ""), "") if call.route.method == "GET" else "",
        "errors": errors or {},
        "email": email,
    }
    return show(call, "team_merges.html", status, person=person, shown_name=name_of(person), rows=rows, **context)


def _show_preview(
    call: Call, said: dict[str, str], status: int = 200, errors: dict[str, str] | None = None
) -> Response:  # fmt: skip
    named = {"id": call.path["id"], "given": {"email": said["email"]}}
    told = shown.preview(call, call.registration("preview_merge_of", **named).value)
    context = {"told": told, "said": said, "name": said["name"] or "kept", "errors": errors or {}, "id": named["id"]}
    return show(call, "team_merge_preview.html", status, **context)


def _show_undo(call: Call, status: int = 200, changed: str = "") -> Response:
    person = call.path["person"]
    rows = call.registration("merges_of", id=person).value["items"]
    found = next((row for row in rows if row["id"] == call.path["id"]), None)
    if found is None:
        raise NotFound("This merge cannot be undone any more.")
    return show(call, "team_merge_undo.html", status, told=shown.merge(found), person=person, changed=changed)
