"""The pages on which someone changes an address for another, and takes back any change by the link in an email.

A GET changes nothing: mail scanners follow links.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from werkzeug.wrappers import Response

from gateway.parts.sign_ins import key_of, once, show
from gateway.projection.call import Call
from gateway.web.pages.field_errors import Asked, in_form
from gateway.web.pages.forms import typed
from gateway.web.pages.layout import go
from gateway.web.routing import SignIn, page_routes
from services.runtime.refusals import Invalid, NotFound, Refusal

SIGN_IN: Final = SignIn("Change your email address", "to change your email address")
routes = page_routes("email", sign_in=SIGN_IN, private=True)
ASKED: Final = {
    "email": Asked(ask="Enter an email address, like name@example.com"),
    "code": Asked(ask="Enter the code from our email"),
}
STATUS: Final = {Invalid.code: 422, "code-wrong": 401, "too-many-codes": 429}  # what is shown where it can be mended


@routes.route("GET", "/account/email", "Change your email address", requires="person")
def show_change(call: Call) -> Response:
    """Asks for the new address."""
    return _show(call, "email.html", email="")


@routes.route("POST", "/account/email", "Send a code to the new address", requires="person")
def change(call: Call) -> Response:
    """Says the same whether or not the address has an account."""
    said = typed(call, "email")
    try:
        once(lambda: call.registration("change_email", given=said, address=call.address, key=key_of(call)))
    except Refusal as refusal:
        return _again(call, "email.html", refusal, said)
    return go("email.show_confirm")


@routes.route("GET", "/account/email/confirm", "Enter the code", requires="person")
def show_confirm(call: Call) -> Response:
    """Asks for the code; leads to where one is asked for where none is under way."""
    if _under_way(call) is None:
        return go("email.show_change")
    return _show(call, "email_confirm.html", code="")


@routes.route("POST", "/account/email/confirm", "Change your email address", requires="person")
def confirm(call: Call) -> Response:
    """Leads to the account, with the new address."""
    said = {"code": typed(call, "code")["code"].replace(" ", "")}
    try:
        once(lambda: call.registration("confirm_email", given=said, key=key_of(call)))
    except Refusal as refusal:
        return _again(call, "email_confirm.html", refusal, said)
    return go("account.show_account", done="email")


@routes.route("GET", "/account/email/undo/{token}", "Undo a change of email address", requires="anyone")
def show_undo(call: Call) -> Response:
    """Says what it does, with a button."""
    try:
        undo = call.registration("check_email_undo", token=call.path["token"]).value
    except Refusal as refusal:
        return _over(call, refusal)
    what = undo.get("what", "changed")  # an older registration does not tell it
    until = datetime.fromisoformat(undo["until"])
    return _show(call, "email_undo.html", email=undo["email"], what=what, until=until)


@routes.route("POST", "/account/email/undo/{token}", "Undo a change of email address", requires="anyone")
def undo(call: Call) -> Response:
    """Signs out everywhere as well."""
    try:
        call.registration("undo_email", token=call.path["token"])
    except Refusal as refusal:
        return _over(call, refusal)
    return go("email.show_undone")


@routes.route("GET", "/account/email/undone", "The change is undone", requires="anyone")
def show_undone(call: Call) -> Response:
    """Where undoing leads. It says nothing of whoever looks."""
    return _show(call, "email_undone.html")


def errors_of(refusal: Refusal, said: dict[str, str], asked: Mapping[str, Asked] = ASKED) -> dict[str, str]:
    """Return what is wrong with the only field of a form. Raises the refusal if no form can mend it."""
    if refusal.code not in STATUS:
        raise refusal
    [name] = said
    return in_form(refusal, asked, said) if refusal.code == Invalid.code else {name: refusal.detail}


def _show(call: Call, template: str, status: int = 200, **context: object) -> Response:
    if template == "email_confirm.html":
        context["email"] = _under_way(call)
    return show(call, template, status, **{"errors": {}, **context})


def _under_way(call: Call) -> str | None:
    email: str | None = call.registration("email_change").value["email"]
    return email


def _again(call: Call, template: str, refusal: Refusal, said: dict[str, str]) -> Response:
    """Show the form again with what was wrong. Raises the refusal if no form can mend it."""
    errors = errors_of(refusal, said)
    return _show(call, template, STATUS[refusal.code], errors=errors, **said)


def _over(call: Call, refusal: Refusal) -> Response:
    if refusal.code != NotFound.code:
        raise refusal
    return _show(call, "email_undo_over.html", 410)
