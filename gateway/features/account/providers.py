"""Signing in with an identity provider: there, back with a code, and what may be asked for before someone is let in.

Who it is that came back is found out by registration; what passes here is a code that is worth nothing without it.
"""

from dataclasses import replace
from typing import Any, Final

from werkzeug.wrappers import Response

from gateway.features.account.sign_in import keep_signed_in, leads_on
from gateway.parts import app_codes
from gateway.parts.devices import device_of
from gateway.parts.provider_ways import ProviderWay, forget, keep, provider_of, send, way_of
from gateway.projection.call import Call
from gateway.web.pages.field_errors import Asked, in_form
from gateway.web.pages.layout import go, kept_to_ourselves, led_to
from gateway.web.pages.return_url import way_back
from gateway.web.problems import PROBLEMS
from gateway.web.routing import Routes, page_routes, url_for
from services.runtime.refusals import Refusal, Unavailable

routes = page_routes("providers", private=True)
returning = Routes("provider_return", "", prefix="")  # no page of ours that anyone looks at: it is good once
LONGEST: Final = 4000  # characters of a code: some providers have much to say in one
UNCONFIRMED: Final = "identity-unconfirmed"
OVER: Final = "identity-over"
HEADINGS: Final = {
    "identity-provider-away": "{name} is not answering",
    "identity-refused": "We could not sign you in with {name}",
    OVER: "Start again",
    "identity-without-address": "{name} did not tell us your email address",
    "identity-taken": "Someone else signs in with this",
    "declined": "You are not signed in",
    "invalid": "We could not sign you in with {name}",
}
DECLINED: Final = "You did not sign in there, or did not agree to share your email address with us."
ASKED: Final = {"code": Asked(ask="Enter the code from our email")}
ON_THE_FORM: Final = {"code-wrong": 401, "too-many-codes": 429}


@routes.route("POST", "/sign-in/providers/{slug}", "Go to a provider", requires="anyone")
def begin(call: Call) -> Response:
    """Leads there, and says so to whoever is not led by themselves."""
    back = way_back(call, call.given.get("next"))
    try:
        return send(call, "begin_at_provider", back)
    except Refusal as refusal:
        return _problem(call, call.path["slug"], refusal, back)


@returning.route(
    "GET",
    "/sign-in/providers/{slug}/callback",
    "Come back from a provider",
    requires="anyone",
    query=("code", "state", "iss", "error"),
)
def come_back(call: Call) -> Response:
    """Signs in this browser alone, if it is the one that was sent there, and asks for what is needed besides."""
    return kept_to_ourselves(_come_back(call))


def _come_back(call: Call) -> Response:
    query, way = call.query(most=LONGEST), way_of(call)
    if way is None or way.provider != call.path["slug"] or way.state != query.get("state"):
        return _start_again(call, PROBLEMS[OVER].status)
    try:
        if "code" not in query:
            return _ended(call, _problem(call, way.provider, Unavailable(DECLINED), way.back, "declined"))
        given = {"provider": way.provider, "code": query["code"], "iss": query.get("iss"), **way.known}
        told = call.registration("prove_at_provider", given=given).value
        return _ended(call, led_to(way.back)) if told["added"] else _let_in(call, way)
    except Refusal as refusal:
        if refusal.code == UNCONFIRMED:
            return _mail_code(call, replace(way, email=str(refusal.facts["email"])))
        return _problem(call, way.provider, refusal, way.back)


@routes.route("GET", "/sign-in/provider/confirm", "Confirm that an account is yours", requires="anyone")
def show_confirm(call: Call) -> Response:
    """Asks for the code that was mailed to the account; whoever has not been to a provider is told to start again."""
    way = way_of(call)
    return _confirm(call, way, {}) if way is not None and way.email else _start_again(call)


@routes.route("POST", "/sign-in/provider/code", "Send another code", requires="anyone")
def send_code(call: Call) -> Response:
    """Leads to where it is asked for."""
    way = way_of(call)
    if way is None or not way.email:
        return _start_again(call)
    return _mail_code(call, way)


@routes.route("POST", "/sign-in/provider/confirm", "Sign in with the provider", requires="anyone")
def confirm(call: Call) -> Response:
    """Signs in whoever knows the code; one of an authenticator app may be asked for then."""
    way = way_of(call)
    if way is None:
        return _start_again(call)
    code = call.given.get("code", "").replace(" ", "")
    try:
        return _let_in(call, way, code)
    except Refusal as refusal:
        if refusal.code in ON_THE_FORM or (refusal.code == "invalid" and way.email):
            return _confirm(call, way, _errors(refusal, code), code, ON_THE_FORM.get(refusal.code, 422))
        if refusal.code == OVER and call.app.pages.visitor(call):  # the first press has signed them in
            return led_to(way.back)
        if refusal.code == UNCONFIRMED:
            return _confirm(call, way, {"code": ASKED["code"].ask}, code, 422)
        return _problem(call, way.provider, refusal, way.back)


def _let_in(call: Call, way: ProviderWay, code: str = "") -> Response:
    """Have registration let them in; ask for a code of their authenticator app where it wants one. Raises a refusal."""
    factor = app_codes.code_of(call)
    given = {**way.known, **({"code": code} if code else {}), **({"second_factor": factor} if factor else {})}
    try:
        signed_in = call.registration("finish_at_provider", given=given, device=device_of(call.request)).value
    except Refusal as refusal:
        wrong = {error["field"] for error in refusal.facts.get("errors", [])}
        if refusal.code not in app_codes.REFUSED and wrong != {"second_factor"}:
            raise
        return _second_step(call, way, refusal, code)
    response = leads_on(signed_in, way.back)
    keep_signed_in(call, response, signed_in)
    return response  # the way is of no more use, and whoever pressed twice is known by it


def _second_step(call: Call, way: ProviderWay, refusal: Refusal, code: str) -> Response:
    is_first = call.given.get("step") != "second" and refusal.code == app_codes.REQUIRED
    said = {**app_codes.typed_codes(call), "digits": str(app_codes.digits_after(call, refusal))}
    errors = {} if is_first else app_codes.errors(call, refusal)
    status = 200 if is_first else app_codes.status(refusal)
    context = {"errors": errors, "code": code, "provider": provider_of(call, way.provider), **said}
    return call.app.pages.show_form(call, "provider_second.html", status, **context)


def _mail_code(call: Call, way: ProviderWay) -> Response:
    try:
        call.registration("mail_provider_code", given=way.known, address=call.address)
    except Refusal as refusal:
        if refusal.code in ON_THE_FORM:
            return _confirm(call, way, {"code": refusal.detail}, "", ON_THE_FORM[refusal.code])
        return _problem(call, way.provider, refusal, way.back)
    response = go("providers.show_confirm")
    keep(call, response, way)
    return response


def _confirm(call: Call, way: ProviderWay, errors: dict[str, str], code: str = "", status: int = 200) -> Response:
    context = {"errors": errors, "code": code, "email": way.email, "provider": provider_of(call, way.provider)}
    response = call.app.pages.show_form(call, "provider_confirm.html", status, **context)
    keep(call, response, way)
    return response


def _errors(refusal: Refusal, code: str) -> dict[str, str]:
    return in_form(refusal, ASKED, {"code": code}) if refusal.code == "invalid" else {"code": refusal.detail}


def _ended(call: Call, response: Response) -> Response:
    forget(call, response)
    return response


def _start_again(call: Call, status: int = 200) -> Response:
    context = {"heading": HEADINGS[OVER], "detail": PROBLEMS[OVER].explanation, "back": url_for("home.home")}
    return call.app.pages.show_form(call, "provider_problem.html", status, **context)


def _problem(call: Call, provider: str, refusal: Refusal, back: str, why: str | None = None) -> Response:
    """Say what went wrong, and how to sign in all the same. Raises the refusal where that is no help."""
    why = why or ("identity-provider-away" if refusal.code == Unavailable.code else refusal.code)
    if why not in HEADINGS:
        raise refusal
    name = provider_of(call, provider).name
    context: dict[str, Any] = {"heading": HEADINGS[why].format(name=name), "back": back}
    context["detail"] = DECLINED if why == "declined" else _why(refusal, why)
    status = 403 if why == "declined" else PROBLEMS[why].status
    return call.app.pages.show_form(call, "provider_problem.html", status, **context)


def _why(refusal: Refusal, why: str) -> str:
    """Return what people are told: of an address that nobody may have now, that; else what the problem means."""
    messages = [str(error["message"]) for error in refusal.facts.get("errors", []) if error["field"] == "email"]
    return " ".join(messages) or PROBLEMS[why].explanation
