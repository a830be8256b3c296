"""Signing in on the pages: a code by mail, a page with a button, and a cookie. A GET never signs anybody in."""

from contextlib import suppress
from datetime import datetime
from typing import Any

from werkzeug.wrappers import Response

from gateway.parts import app_codes, asked_here, provider_ways
from gateway.parts.devices import device_of
from gateway.projection.call import Call
from gateway.web.developer import is_developer
from gateway.web.identity import COOKIE
from gateway.web.pages.field_errors import Asked, in_form
from gateway.web.pages.layout import go, led_to
from gateway.web.pages.return_url import forget, remember, remembered, route_of, way_back, with_way_back
from gateway.web.routing import page_routes
from services.runtime.mail_addresses import clean
from services.runtime.refusals import NotSignedIn, Refusal

routes = page_routes("sign_in")
ON_THE_FORM = {"invalid", "code-wrong", "too-many-codes"}  # refusals that are shown where they can be mended
ASKED = {
    "email": Asked(ask="Enter an email address, like name@example.com"),
    "code": Asked(ask="Enter the code from our email"),
}


@routes.route("GET", "/sign-in", "Sign in", requires="anyone", query=("next",))
def show_sign_in(call: Call) -> Response:
    """Asks for the email address. `next` is the page of ours that signing in leads back to."""
    back = way_back(call, call.query().get("next"))
    return call.app.pages.show_form(call, "sign_in.html", email="", errors={}, **_asking(call, back))


def ask_again(call: Call) -> Response:
    """Show the form again, with the address in it, to whoever had it open for too long."""
    email, back = call.given.get("email", ""), way_back(call, call.given.get("next"))
    return call.app.pages.show_form(call, "sign_in.html", 403, email=email, errors={}, **_asking(call, back))


@routes.route("POST", "/sign-in", "Send a code", requires="anyone", if_stale=ask_again)
def send_code(call: Call) -> Response:
    """Says the same whether or not the address is known."""
    email, back = call.given.get("email", ""), way_back(call, call.given.get("next"))
    asks = asked_here.asks(call, email)
    try:
        call.registration("request_sign_in", given={"email": email}, address=call.address, browser=asks.browser)
    except Refusal as refusal:
        return _again(call, "sign_in.html", refusal, email=email, **_asking(call, back))
    response = led_to(with_way_back("sign_in.show_confirm", back))
    asked_here.remember(call, response, asks)
    remember(call, response, back)
    return response


@routes.route("GET", "/sign-in/confirm", "Enter the code", requires="anyone", private=True, query=("next",))
def show_confirm(call: Call) -> Response:
    """The link in the email has address and code in its fragment, and a script fills them in for the button to send.

    The code, only where it was asked for.
    """
    query, asked = call.query(), asked_here.asked_here(call)
    back = way_back(call, query["next"]) if "next" in query else remembered(call)
    if asked is None and call.app.pages.visitor(call):
        return _signed_in_already(call, back)
    email = asked.email if asked else ""
    context = {"email": email, "code": "", "errors": {}, **_around(call, back, asked)}
    return call.app.pages.show_form(call, "confirm.html", **context)


def say_signed_in_already(call: Call) -> Response | None:
    """Say so to whoever sends the code again from another tab, where it has signed them in before; else None."""
    visitor = call.app.pages.visitor(call)
    if visitor is None or visitor["email"] != clean(call.given.get("email", "")):
        return None
    return _signed_in_already(call, way_back(call, call.given.get("next")))


def _signed_in_already(call: Call, back: str) -> Response:
    return call.app.pages.show_form(call, "signed_in_already.html", back=back)


@routes.route(
    "POST",
    "/sign-in/confirm",
    "Sign in with the code",
    requires="anyone",
    private=True,
    if_stale=say_signed_in_already,
)
def confirm(call: Call) -> Response:
    """Sets the cookie, and leads back to where the way to sign in began."""
    email, code = call.given.get("email", ""), call.given.get("code", "").replace(" ", "")
    back, asked = way_back(call, call.given.get("next")), asked_here.asked_here(call)
    browser = asked.browser if asked else None
    try:
        known = {"browser": browser, "device": device_of(call.request)}
        factor = app_codes.code_of(call)
        given = {"email": email, "code": code, **({"second_factor": factor} if factor else {})}
        signed_in = call.registration("confirm_sign_in", given=given, **known).value
    except Refusal as refusal:
        if _is_of_second_step(refusal):
            return _second_step(call, refusal, email=email, code=code, back=back)
        return _again(call, "confirm.html", refusal, email=email, code=code, **_around(call, back, asked))
    response = leads_on(signed_in, back)
    keep_signed_in(call, response, signed_in)
    asked_here.forget(call, response)
    forget(call, response)
    return response


def _is_of_second_step(refusal: Refusal) -> bool:
    """Say whether the code that was mailed is right, and that of the authenticator app missing or wrong."""
    wrong = {error["field"] for error in refusal.facts.get("errors", [])}
    return refusal.code in app_codes.REFUSED or wrong == {"second_factor"}


def _second_step(call: Call, refusal: Refusal, **context: str) -> Response:
    """Ask for a code of the authenticator app; what was typed before goes along."""
    is_first = call.given.get("step") != "second" and refusal.code == app_codes.REQUIRED
    said = {**app_codes.typed_codes(call), "digits": str(app_codes.digits_after(call, refusal))}
    errors = {} if is_first else app_codes.errors(call, refusal)
    status = 200 if is_first else app_codes.status(refusal)
    return call.app.pages.show_form(call, "sign_in_second.html", status, errors=errors, **context, **said)


def leads_on(signed_in: dict[str, Any], back: str) -> Response:
    """Lead whoever is signed in now on; whose role does not count yet sets up an authenticator app first."""
    withheld = signed_in["person"].get("roles_withheld")
    return led_to(with_way_back("second_factor.show_second_factor", back) if withheld else back)


def keep_signed_in(call: Call, response: Response, signed_in: dict[str, Any]) -> None:
    """Have this browser be signed in, with the token that registration gave."""
    expires = datetime.fromisoformat(signed_in["expires_at"])
    call.app.cookies.set(response, COOKIE, signed_in["token"], expires=expires)


def has_signed_out(call: Call) -> Response | None:
    """Lead on whoever has signed out in another tab."""
    return None if call.app.pages.visitor(call) else go("home.home")


@routes.route("POST", "/sign-out", "Sign out", requires="anyone", if_stale=has_signed_out)
def sign_out(call: Call) -> Response:
    """Also where the token was dead already."""
    came_by = None
    if call.caller is not None:
        try:
            came_by = (call.registration("sign_out", token=call.token).value or {}).get("provider")
        except Refusal as refusal:
            if refusal.code != NotSignedIn.code:
                raise
    response = go("sign_in.show_signed_out", provider=came_by) if came_by else go("home.home")
    call.app.cookies.delete(response, COOKIE)
    if provider_ways.way_of(call) is not None:  # whoever comes to this computer next does not go on with it
        provider_ways.forget(call, response)
    return response


@routes.route("GET", "/signed-out", "You are signed out", requires="anyone", query=("provider",))
def show_signed_out(call: Call) -> Response:
    """Where signing out leads whoever came by an identity provider, and where that leads back to."""
    asked = call.query().get("provider")
    provider = next((one for one in call.app.settings.identity_providers if one.id == asked), None)
    address = None
    if provider is not None:
        with suppress(Refusal):  # it may be away: then people read what else to do
            address = call.registration("provider_sign_out", given={"provider": provider.id}).value["url"]
    return call.app.pages.show_form(call, "signed_out.html", provider=provider, address=address)


def _asking(call: Call, back: str) -> dict[str, Any]:
    """Return what the page on which people sign in shows besides the field for their address."""
    to_book = route_of(call, back).name in ("book.show_check", "book.show_about_you", "book.show_needs")
    return {"back": back, "to_book": to_book, "providers": call.app.settings.identity_providers}


def _around(call: Call, back: str, asked: asked_here.AskedHere | None) -> dict[str, Any]:
    return {"back": back, "asked": asked, "shows_mail": is_developer(call.request, call.app.settings)}


def _again(call: Call, template: str, refusal: Refusal, **context: Any) -> Response:
    """Show the form again with what was wrong. Raises the refusal if no form can mend it."""
    if refusal.code not in ON_THE_FORM:
        raise refusal
    if refusal.code == "invalid":
        errors = in_form(refusal, ASKED, context)
    else:
        errors = {"code" if refusal.code == "code-wrong" else "email": refusal.detail}
    status = {"invalid": 422, "code-wrong": 401, "too-many-codes": 429}[refusal.code]
    return call.app.pages.show_form(call, template, status, errors=errors, **context)
