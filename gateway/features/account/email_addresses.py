"""The pages of someone's email addresses: adding one by a code, having emails go to another, and removing one."""

from datetime import datetime
from typing import Final

from werkzeug.wrappers import Response

from gateway.features.account.email import ASKED as ASKED_OF_EMAIL
from gateway.features.account.email import STATUS, errors_of
from gateway.parts.sign_ins import key_of, once, show
from gateway.projection.call import Call
from gateway.projection.read_model import Data
from gateway.web.pages.field_errors import Asked
from gateway.web.pages.forms import typed
from gateway.web.pages.layout import go
from gateway.web.routing import SignIn, page_routes
from services.runtime.refusals import NotFound, Refusal

SIGN_IN: Final = SignIn("Your email addresses", "to see your email addresses")
HERE: Final = "email_addresses.show_addresses"
routes = page_routes("email_addresses", sign_in=SIGN_IN, private=True)
ASKED: Final = {
    "email": Asked(
        ask=ASKED_OF_EMAIL["email"].ask,
        but={"same-address": "You have this email address already. Enter another one"},
    ),
    "code": Asked(
        ask=ASKED_OF_EMAIL["code"].ask,
        but={
            "address-changed": "Another account had this address until lately, and can take it back. Use another"
            " address, or wait a week"
        },
    ),
}
HAS_ACCOUNT: Final = "address-has-account"
STAYS: Final = ("primary-address", "address-fixed")
DONE: Final = {
    "added": "The address is added. We have told your other addresses.",
    "preferred": "Our emails now go to the address that you chose. We have told all your addresses.",
    "removed": "The address is removed. We have told all your addresses.",
}


@routes.route("GET", "/account/addresses", "Your email addresses", requires="person", query=("done",))
def show_addresses(call: Call) -> Response:
    """Each of them, and which one emails go to."""
    return _show_addresses(call, done=DONE.get(call.query().get("done", ""), ""))


@routes.route("POST", "/account/addresses/{id}/primary", "Send emails here", requires="person", back=HERE)
def prefer(call: Call) -> Response:
    """Leads back to the list, also where the address is gone by now."""
    try:
        call.registration("prefer_address", id=call.path["id"])
    except Refusal as refusal:
        if refusal.code in STAYS:
            return _show_addresses(call, 409)  # which says why
        if refusal.code != NotFound.code:
            raise
        return go(HERE)
    return go(HERE, done="preferred")


@routes.route("GET", "/account/addresses/add", "Add an email address", requires="person")
def show_add(call: Call) -> Response:
    """Asks for the address."""
    return show(call, "address_add.html", errors={}, email="")


@routes.route("POST", "/account/addresses/add", "Send a code to the address", requires="person")
def add(call: Call) -> Response:
    """Says the same whether or not the address has an account."""
    said = typed(call, "email")
    try:
        once(lambda: call.registration("add_address", given=said, address=call.address, key=key_of(call)))
    except Refusal as refusal:
        errors = errors_of(refusal, said, ASKED)
        return show(call, "address_add.html", STATUS[refusal.code], errors=errors, **said)
    return go("email_addresses.show_code")


@routes.route("GET", "/account/addresses/code", "Enter the code", requires="person")
def show_code(call: Call) -> Response:
    """Asks for the code; leads to where one is asked for where none is under way."""
    email = _under_way(call)
    if email is None:
        return go("email_addresses.show_add")
    return show(call, "address_code.html", errors={}, email=email, code="")


@routes.route("POST", "/account/addresses/code", "Add the address", requires="person")
def confirm(call: Call) -> Response:
    """Leads to the list; where the address has an account of its own, to merging the two."""
    said, email = {"code": typed(call, "code")["code"].replace(" ", "")}, _under_way(call)
    try:
        once(lambda: call.registration("confirm_address", given=said, key=key_of(call)))
    except Refusal as refusal:
        if refusal.code == HAS_ACCOUNT:
            return show(call, "address_has_account.html", 409, email=email)
        errors = errors_of(refusal, said, ASKED)
        return show(call, "address_code.html", STATUS[refusal.code], errors=errors, email=email, **said)
    return go(HERE, done="added")


@routes.route("GET", "/account/addresses/{id}/remove", "Remove an email address", requires="person")
def show_remove(call: Call) -> Response:
    """Says what it means, with a button; or why it cannot be."""
    return _show_remove(call)


@routes.route("POST", "/account/addresses/{id}/remove", "Remove an email address", requires="person")
def remove(call: Call) -> Response:
    """Leads back to the list, also where it was removed already."""
    try:
        call.registration("remove_address", id=call.path["id"])
    except Refusal as refusal:
        if refusal.code in STAYS:
            return _show_remove(call, 409)
        if refusal.code != NotFound.code:
            raise
    return go(HERE, done="removed")


def seen(row: Data) -> Data:
    """Return an address as pages show it: with moments to be written out."""
    until = row["fixed_until"]
    return {
        **row,
        "added_at": datetime.fromisoformat(row["added_at"]),
        "fixed_until": datetime.fromisoformat(until) if until else None,
    }


def _rows(call: Call) -> list[Data]:
    return [seen(row) for row in call.registration("addresses").value["items"]]


def _under_way(call: Call) -> str | None:
    email: str | None = call.registration("address_under_way").value["email"]
    return email


def _show_addresses(call: Call, status: int = 200, done: str = "") -> Response:
    return show(call, "addresses.html", status, rows=_rows(call), done=done)


def _show_remove(call: Call, status: int = 200) -> Response:
    rows = _rows(call)
    row = next((row for row in rows if row["id"] == call.path["id"]), None)
    if row is None:
        raise NotFound("Your account has no such address.")
    return show(call, "address_remove.html", status, row=row, only=len(rows) == 1)
