"""The account: what we know of somebody, whether mail reaches them, their data, and the way out."""

from datetime import datetime
from typing import Final

from werkzeug.wrappers import Response

from gateway.features.account import held
from gateway.parts import details
from gateway.projection.call import Call
from gateway.projection.read_model import Data
from gateway.web.identity import COOKIE
from gateway.web.pages.forms import typed
from gateway.web.pages.layout import go
from gateway.web.routing import SignIn, page_routes
from services.runtime.refusals import NotFound, NotSignedIn, Refusal, Unavailable

ALL: Final = (*details.ABOUT_YOU, *details.NEEDS)
SIGN_IN: Final = SignIn(
    "Your account", "to see your account", then="Then your account opens.", keeps=details.called_in_words(*ALL)
)
routes = page_routes("account", sign_in=SIGN_IN, back="account.show_account")


@routes.route("GET", "/account", "Your account", requires="person", query=("done",))
def show_account(call: Call) -> Response:
    """Details, with links to everything that can be done with them."""
    person, done = call.who(), call.query().get("done", "")
    address = _address(call)
    told = done if done in ("saved", "email") or (done == "address" and address and address["state"] == "ok") else None
    sector = details.sectors(call).get(person["sector"], person["sector"])
    return call.app.pages.show_form(
        call, "account.html", person=person, sector=sector, address=address, done=told,
        offers_providers=bool(call.app.settings.identity_providers),
    )  # fmt: skip


@routes.route("GET", "/account/details", "Your details", requires="person")
def show_details(call: Call) -> Response:
    """A form with what is kept."""
    return _details(call, details.saved(call.who(), ALL), {})


@routes.route("POST", "/account/details", "Your details", requires="person")
def keep_details(call: Call) -> Response:
    """Keeps them, and leads to the account; what was changed elsewhere meanwhile is told, and not overwritten.

    Where another place of work is said, it is asked first whether they have moved there.
    """
    said, moved = typed(call, *ALL), call.given.get("moved")
    if moved not in ("yes", "no") and details.is_elsewhere(call, said):
        asked = {"moved": "Choose whether you work somewhere else now"} if call.given.get("asked") else {}
        return _ask_about_move(call, said, asked)
    if errors := details.keep(call, said, was_wrong=moved == "no"):
        return _details(call, said, errors)
    return go("account.show_account", done="saved")


@routes.route("POST", "/account/address/try-again", "Have mail sent to you again", requires="person")
def try_again(call: Call) -> Response:
    """Once the address works again."""
    call.notifications("trust_address", person=call.who()["id"])
    return go("account.show_account", done="address")


@routes.route("GET", "/account/export", "What we hold about you", requires="person")
def show_export(call: Call) -> Response:
    """All that every service holds, in words and tables; the same is there as a file."""
    all_of_it = held.on_caller(call)
    sector = all_of_it["person"].get("sector")
    sector = details.sectors(call).get(sector, sector)
    tables, member = held.readable(all_of_it), all_of_it["community"].get("member")
    return call.app.pages.show_form(
        call, "account_export.html", sector=sector, person=all_of_it["person"], member=member, tables=tables
    )


@routes.route("GET", "/account/delete", "Delete your account", requires="person")
def show_delete(call: Call) -> Response:
    """What goes and what stays, with a box to tick and a button."""
    return call.app.pages.show_form(call, "account_delete.html", errors={})


@routes.route("POST", "/account/delete", "Delete your account", requires="person")
def delete(call: Call) -> Response:
    """Erases it, signs out, and says so; nothing happens unless the box is ticked."""
    if call.given.get("sure") != "yes":
        errors = {"sure": "Tick the box if you want to delete your account"}
        return call.app.pages.show_form(call, "account_delete.html", 422, errors=errors)
    try:
        call.registration("erase_me")
    except Refusal as refusal:
        if refusal.code != NotSignedIn.code:  # the first press has done it
            raise
    response = go("account.show_deleted")
    call.app.cookies.delete(response, COOKIE)
    return response


@routes.route("GET", "/account/deleted", "Your account is deleted", requires="anyone")
def show_deleted(call: Call) -> Response:
    """Where deleting it leads. It says nothing of whoever looks."""
    if call.app.pages.is_signed_in(call):
        return go("account.show_account")
    return call.app.pages.show_form(call, "account_deleted.html")


def _details(call: Call, said: details.Said, errors: dict[str, str]) -> Response:
    context = details.around(call, said, errors)
    return call.app.pages.show_form(call, "account_details.html", 422 if errors else 200, **context)


def _ask_about_move(call: Call, said: details.Said, errors: dict[str, str]) -> Response:
    person, version = call.who(), call.given.get("version", "")
    names = details.sectors(call)
    before = person["organisation"] or names.get(person["sector"], person["sector"])
    after = said["organisation"].strip() or names.get(said["sector"], said["sector"])
    status = 422 if errors else 200
    context: Data = {"said": said, "version": version, "before": before, "after": after, "errors": errors}
    return call.app.pages.show_form(call, "account_moved.html", status, **context)


def _address(call: Call) -> Data | None:
    """Return whether mail reaches the address; None while notifications has not heard of it, or does not answer."""
    try:
        told = call.notifications("address_of", person=call.who()["id"]).value
    except Refusal as refusal:
        if refusal.code not in (NotFound.code, Unavailable.code):
            raise
        return None
    return {**told, "since": datetime.fromisoformat(told["since"]) if told["since"] else None}
