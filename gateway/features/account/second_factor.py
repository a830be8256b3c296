"""The pages on which people who have a role set up an authenticator app, change it and remove it."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from markupsafe import Markup
from werkzeug.wrappers import Response

from gateway.parts import app_codes
from gateway.projection.call import Call
from gateway.web.call import Answer
from gateway.web.documents.qr_codes import svg_inline
from gateway.web.pages.layout import go, led_to
from gateway.web.pages.return_url import home, route_of, way_back, with_way_back
from gateway.web.routing import SignIn, page_routes
from services.runtime.refusals import Refusal

SIGN_IN: Final = SignIn("Your authenticator app", "to set up your authenticator app")
routes = page_routes("second_factor", sign_in=SIGN_IN, private=True)
NOT_BEGUN: Final = "second-factor-not-begun"
OFF: Final = "second-factor-off"


@routes.route("GET", "/account/second-factor", "Your authenticator app", requires="person", query=("done", "next"))
def show_second_factor(call: Call) -> Response:
    """Whether there is one, and what can be done with it. `next` is the page that it was needed for."""
    person, told = call.who(), call.registration("second_factor").value
    since = datetime.fromisoformat(told["since"]) if told["since"] else None
    return call.app.pages.show_form(
        call,
        "second_factor.html",
        told=told,
        since=since,
        has_role=bool({"team", "operator"} & {*person["roles"], *person.get("roles_withheld", ())}),
        withheld=bool(person.get("roles_withheld")),
        removed=call.query().get("done") == "removed",
        back=_back(call),
    )


@routes.route(
    "POST",
    "/account/second-factor/begin",
    "Begin to set up the app",
    requires="person",
    back="second_factor.show_second_factor",
)
def begin(call: Call) -> Response:
    """Leads to what the app is set up with; where there is one already, to where its code is asked for."""
    try:
        call.registration("begin_second_factor", given={})
    except Refusal as refusal:
        if refusal.code not in app_codes.REFUSED:
            raise
        return go("second_factor.show_change")
    return led_to(with_way_back("second_factor.show_set_up", _back(call)))


@routes.route("GET", "/account/second-factor/set-up", "Set up the app", requires="person", query=("next",))
def show_set_up(call: Call) -> Response:
    """A QR code and a secret to be typed, with a field for the first code."""
    return _set_up(call, {})


@routes.route("POST", "/account/second-factor/set-up", "Turn the app on", requires="person")
def turn_on(call: Call) -> Response:
    """Shows the recovery codes, this once."""
    try:
        told = call.registration("confirm_second_factor", given=app_codes.given(call)).value
    except Refusal as refusal:
        if refusal.code == NOT_BEGUN:
            return led_to(with_way_back("second_factor.show_second_factor", _back(call)))
        return _set_up(call, app_codes.errors(call, refusal), app_codes.status(refusal))
    call.person = None  # whose roles count from now on
    return _codes(call, told, is_new=True)


@routes.route("GET", "/account/second-factor/change", "Change the app", requires="person")
def show_change(call: Call) -> Response:
    """Asks for a code of the app that is there."""
    return _ask(call, "second_factor_change.html")


@routes.route("POST", "/account/second-factor/change", "Change the app", requires="person")
def change(call: Call) -> Response:
    """Leads to what the new app is set up with."""
    return _with_code(
        call, "begin_second_factor", "second_factor_change.html", lambda _: go("second_factor.show_set_up")
    )


@routes.route("GET", "/account/second-factor/recovery-codes", "New recovery codes", requires="person")
def show_renew(call: Call) -> Response:
    """Asks for a code of the app."""
    return _ask(call, "second_factor_renew.html")


@routes.route("POST", "/account/second-factor/recovery-codes", "New recovery codes", requires="person")
def renew(call: Call) -> Response:
    """Shows them, this once."""
    return _with_code(
        call, "renew_recovery_codes", "second_factor_renew.html", lambda told: _codes(call, told.value, is_new=False)
    )


@routes.route("GET", "/account/second-factor/remove", "Remove the app", requires="person")
def show_remove(call: Call) -> Response:
    """Says what it means, and asks for a code of the app."""
    return _ask(call, "second_factor_remove.html")


@routes.route("POST", "/account/second-factor/remove", "Remove the app", requires="person")
def remove(call: Call) -> Response:
    """Leads to the page that says so."""
    return _with_code(
        call,
        "remove_second_factor",
        "second_factor_remove.html",
        lambda _: go("second_factor.show_second_factor", done="removed"),
    )


def _with_code(call: Call, method: str, template: str, done: Callable[[Answer], Response]) -> Response:
    """Do what a fresh code is needed for; ask for it again where it will not do."""
    try:
        answer = call.registration(method, given=app_codes.given(call))
    except Refusal as refusal:
        if refusal.code == OFF:  # the first press has removed it
            return go("second_factor.show_second_factor")
        return _ask(call, template, app_codes.errors(call, refusal), app_codes.status(refusal))
    return done(answer)


def _ask(call: Call, template: str, errors: dict[str, str] | None = None, status: int = 200) -> Response:
    told = call.registration("second_factor").value
    if not told["on"]:
        return go("second_factor.show_second_factor")
    said = app_codes.typed_codes(call)
    return call.app.pages.show_form(call, template, status, told=told, errors=errors or {}, **said)


def _set_up(call: Call, errors: dict[str, str], status: int = 200) -> Response:
    back = _back(call)
    try:
        begun = call.registration("begun_second_factor").value
    except Refusal as refusal:
        if refusal.code != NOT_BEGUN:
            raise
        return led_to(with_way_back("second_factor.show_second_factor", back))
    picture = Markup(svg_inline(begun["otpauth_uri"], "QR code for your authenticator app"))
    secret = " ".join(begun["secret"][at : at + 4] for at in range(0, len(begun["secret"]), 4))
    context: dict[str, Any] = {"picture": picture, "secret": secret, "errors": errors, "back": back}
    return call.app.pages.show_form(call, "second_factor_set_up.html", status, **context, **app_codes.typed_codes(call))


def _codes(call: Call, told: dict[str, Any], *, is_new: bool) -> Response:
    context = {"codes": told["recovery_codes"], "is_new": is_new, "back": _back(call)}
    return call.app.pages.show_form(call, "recovery_codes.html", **context)


def _back(call: Call) -> str:
    """Return the page that the app was needed for, or else that of the account."""
    wanted = call.given.get("next") if call.route.method == "POST" else call.query().get("next")
    back = way_back(call, wanted)
    return home() if route_of(call, back).name.startswith(f"{routes.name}.") else back
