"""The pages for someone who has two accounts: a code to the other address, what would come together, and undoing it."""

from typing import Final

from werkzeug.wrappers import Response

from gateway.features.merges import shown
from gateway.parts import app_codes
from gateway.parts.sign_ins import key_of, once, show
from gateway.projection.call import Call
from gateway.projection.read_model import Data
from gateway.web.pages.field_errors import Asked, in_form
from gateway.web.pages.forms import typed
from gateway.web.pages.layout import go
from gateway.web.routing import SignIn, page_routes
from services.runtime.refusals import Invalid, NotFound, Refusal

SIGN_IN: Final = SignIn("Your two accounts", "to merge your accounts")
routes = page_routes("merges", sign_in=SIGN_IN, private=True)
ASKED: Final = {
    "email": Asked(
        ask="Enter the email address of your other account, like name@example.org",
        but={"same-address": "You are signed in to the account of that address. Enter that of the other one"},
    ),
    "code": Asked(ask="Enter the code from our email"),
}
WRONG_CODE: Final = "code-wrong"
STATUS: Final = {Invalid.code: 422, WRONG_CODE: 401, "too-many-codes": 429}
DONE: Final = {
    "merged": "Your two accounts are one now. We have emailed both addresses.",
    "parted": "You have two accounts again. We have emailed both addresses.",
}


@routes.route("GET", "/account/merges", "I have two accounts", requires="person", query=("done",))
def show_merges(call: Call) -> Response:
    """A form for the other address, and what was merged lately."""
    return _show_merges(call)


@routes.route("POST", "/account/merges", "Send a code to the other address", requires="person")
def ask(call: Call) -> Response:
    """Says the same whether or not the address has an account."""
    said = typed(call, "email")
    try:
        once(lambda: call.registration("ask_merge", given=said, address=call.address, key=key_of(call)))
    except Refusal as refusal:
        return _show_merges(call, STATUS.get(refusal.code, 0), _errors(refusal, said), **said)
    return go("merges.show_code")


@routes.route("GET", "/account/merges/code", "Enter the code", requires="person")
def show_code(call: Call) -> Response:
    """Asks for the code that went to the other address."""
    return _show_code(call, {}, 200, code="")


@routes.route("POST", "/account/merges/code", "Show what would come together", requires="person")
def prove(call: Call) -> Response:
    """Leads to what would come together; asks for the second factor of the other account where it has one."""
    said = {"code": typed(call, "code")["code"].replace(" ", "")}
    given = {**said, "second_factor": app_codes.code_of(call)}
    try:
        call.registration("prove_merge", given=given)
    except Refusal as refusal:
        return _not_proven(call, refusal, said)
    return go("merges.show_preview")


@routes.route("GET", "/account/merges/preview", "What would come together", requires="person")
def show_preview(call: Call) -> Response:
    """Line by line; nothing has changed yet."""
    return _show_preview(call)


@routes.route("POST", "/account/merges/preview", "Merge your accounts", requires="person")
def merge(call: Call) -> Response:
    """Does what was shown; where that has changed since, shows it again."""
    given = {"version": call.given.get("version", ""), "name": call.given.get("name") or "kept"}
    try:
        once(lambda: call.registration("merge", given=given, key=key_of(call)))
    except Refusal as refusal:
        if refusal.code == shown.NOTHING_PROVEN:
            return go("merges.show_merges")
        if refusal.code != shown.CHANGED:
            return _refused(call, refusal)
        return _show_preview(call, 409, {"name": shown.LOOK_AGAIN})
    return go("merges.show_merges", done="merged")


@routes.route("GET", "/account/merges/{id}/undo", "Undo the merge", requires="person")
def show_undo(call: Call) -> Response:
    """What goes back, what stays, and what is lost."""
    return _show_undo(call)


@routes.route("POST", "/account/merges/{id}/undo", "Undo the merge", requires="person")
def undo(call: Call) -> Response:
    """Leads back to the list, also where it was undone already."""
    given = {"version": call.given.get("version", "")}
    try:
        once(lambda: call.registration("undo_merge", id=call.path["id"], given=given, key=key_of(call)))
    except Refusal as refusal:
        if refusal.code == shown.OVER:
            return go("merges.show_merges")
        if refusal.code != shown.CHANGED:
            raise
        return _show_undo(call, 409, shown.LOOK_AGAIN)
    return go("merges.show_merges", done="parted")


def _show_merges(
    call: Call, status: int = 200, errors: dict[str, str] | None = None, email: str = ""
) -> Response:  # fmt: skip
    rows = [shown.merge(row) for row in call.registration("merges").value["items"]]
    done = DONE.get(call.query().get("done", ""), "")
    return show(call, "merges.html", status, rows=rows, done=done, email=email, errors=errors or {})


def _show_code(call: Call, errors: dict[str, str], status: int, code: str, **more: object) -> Response:
    context = {"asks_for_app": False, **app_codes.typed_codes(call), **more}
    return show(call, "merge_code.html", status, errors=errors, code=code, **context)


def _not_proven(call: Call, refusal: Refusal, said: dict[str, str]) -> Response:
    """Show the form again with what is wrong; where the accounts cannot be merged, a page that says so."""
    if refusal.code == shown.REFUSED:
        return _refused(call, refusal)
    if refusal.code in app_codes.REFUSED:
        more: Data = {"asks_for_app": True, "digits": app_codes.digits_after(call, refusal)}
        was_asked = bool(app_codes.code_of(call)) or refusal.code != app_codes.REQUIRED
        errors = app_codes.errors(call, refusal) if was_asked or "digits" not in refusal.facts else {}
        return _show_code(call, errors, app_codes.status(refusal) if errors else 200, **said, **more)
    return _show_code(call, _errors(refusal, said), STATUS[refusal.code], **said)


def _errors(refusal: Refusal, said: dict[str, str]) -> dict[str, str]:
    """Return what is wrong, by field. Raises the refusal if no form can mend it."""
    if refusal.code not in STATUS:
        raise refusal
    [name] = said
    return in_form(refusal, ASKED, said) if refusal.code == Invalid.code else {name: refusal.detail}


def _show_preview(call: Call, status: int = 200, errors: dict[str, str] | None = None) -> Response:
    try:
        told: Data = call.registration("merge_preview").value
    except Refusal as refusal:
        if refusal.code == shown.NOTHING_PROVEN:
            return go("merges.show_merges")
        return _refused(call, refusal)
    said = call.given.get("name") or "kept" if call.route.method == "POST" else "kept"
    return show(call, "merge_preview.html", status, told=shown.preview(call, told), name=said, errors=errors or {})


def _refused(call: Call, refusal: Refusal) -> Response:
    shown.is_told_here(refusal)
    return show(call, "merge_refused.html", 409, why=refusal.detail)


def _show_undo(call: Call, status: int = 200, changed: str = "") -> Response:
    rows = call.registration("merges").value["items"]
    found = next((row for row in rows if row["id"] == call.path["id"]), None)
    if found is None:
        raise NotFound("This merge cannot be undone any more.")
    return show(call, "merge_undo.html", status, told=shown.merge(found), changed=changed)
