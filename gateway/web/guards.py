"""Who the API answers and a page is shown to, as the route requires, and what everyone else is told."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final
from urllib.parse import urlencode

from werkzeug.wrappers import Response

from gateway.web.call import AnyCall
from gateway.web.developer import is_developer
from gateway.web.errors import SecondFactorRequired
from gateway.web.identity import has_role, would_have_role
from gateway.web.pages.forms import typed
from gateway.web.pages.layout import kept_to_ourselves
from gateway.web.problems import PROBLEMS
from gateway.web.routing import SignIn, url_beside
from gateway.web.this_machine import is_made_here
from services.runtime.refusals import NotAllowed, NotFound, NotSignedIn, Refusal

REFUSED: Final = {
    "team": "Only the team can see this page.",
    "facilitator": "This page is for the team, and for those who facilitate this session.",
    "coordinator": "This page is for the coordinators of this organisation.",
    "operator": "This page is for those who keep the system running.",
}


def admit(call: AnyCall) -> None:
    """Let in those a route of the API requires. Registration itself looks at the token of a person, or of `one_call`.

    Raises NotSignedIn, NotAllowed, SecondFactorRequired.
    """
    requires = call.route.requires
    if requires == "anyone" or (requires == "monitoring" and is_made_here(call.request, call.app.settings)):
        return
    if call.route.looked_up_once:
        if call.caller is None:
            raise NotSignedIn
    elif not has_role(call.who(), requires, call.path):
        raise _kept_out(call)


def answer(call: AnyCall) -> Response:
    """Have the page answer those its route requires, and ask everyone else to sign in. Raises a refusal."""
    try:
        kept_out = _unless_let_in(call)
        response = call.route.handler(call) if kept_out is None else kept_out
    except Refusal as refusal:
        if _is_signed_out(call, refusal):
            response = _signed_out(call)
        elif refusal.code == SecondFactorRequired.code:
            response = _asked_for_second_factor(call)
        else:
            response = _explained(call, refusal)
    return kept_to_ourselves(response) if call.route.private else response


def _unless_let_in(call: AnyCall) -> Response | None:
    """Return what asks someone to sign in; None where they are let in. Raises what is in the way of others."""
    requires = call.route.requires
    if requires == "anyone":
        return None
    if requires == "developer":
        if not is_developer(call.request, call.app.settings):
            raise NotFound("There is nothing at this address.")
        return None
    if call.caller is None or not (call.route.one_call or call.app.pages.is_signed_in(call)):
        return _asked(call)
    if requires == "member":
        call.app.site.require_member(call)
    elif requires != "person" and not has_role(call.who(), requires, call.path):
        raise _kept_out(call)
    return None


def _kept_out(call: AnyCall) -> Refusal:
    """Return why someone does not have the role that the route requires."""
    requires = call.route.requires
    if would_have_role(call.who(), requires, call.path):
        return SecondFactorRequired()
    return NotAllowed(REFUSED.get(requires) if call.route.page else None)


def _is_signed_out(call: AnyCall, refusal: Refusal) -> bool:
    return call.route.one_call and refusal.code == NotSignedIn.code


def _signed_out(call: AnyCall) -> Response:
    call.caller = None  # so that nothing on the page asks again who it is
    return _asked(call)


def _asked(call: AnyCall) -> Response:
    ask = call.route.sign_in
    assert ask is not None, "a route that requires someone says how it asks them to sign in"
    return ask_to_sign_in(call, ask) if isinstance(ask, SignIn) else ask(call)


def _asked_for_second_factor(call: AnyCall) -> Response:
    """Show the way to set up an authenticator app, which leads back; nobody loses what they wrote."""
    context = {"back": _leads(call), "written": _written(call, call.route.gives_back)}
    return call.app.pages.show_form(call, "second_factor_first.html", 403, **context)


def ask_to_sign_in(call: AnyCall, sign_in: SignIn, back: str = "") -> Response:
    """Show the way to sign in, which leads `back`, or to where the route says, or else to the page that was asked for.

    Whoever was signed out while they wrote is given back their words.
    """
    context = {"sign_in": sign_in, "back": back or _leads(call), "written": _written(call, sign_in.keeps)}
    return call.app.pages.show_form(call, "sign_in_first.html", 401, **context)


def give_back(call: AnyCall) -> Response:
    """Give back the words of a form that was shown too long ago, or before someone signed in or out; change nothing."""
    response = call.route.if_stale(call) if call.route.if_stale else None
    if response is None:
        if call.route.requires != "anyone" and call.app.pages.visitor(call) is None:
            response = _asked(call)
        else:
            context = {"back": _leads(call), "written": _written(call, call.route.gives_back)}
            response = call.app.pages.show_form(call, "form_again.html", 403, **context)
    return kept_to_ourselves(response) if call.route.private else response


def _leads(call: AnyCall) -> str:
    """Return the page that the way in leads back to."""
    return url_beside(call.route.back, call.path) if call.route.back else _here(call)


def _written(call: AnyCall, keeps: Mapping[str, str]) -> dict[str, str]:
    """Return what was typed in the form, by what is asked there; of fields `name-*`, all at once."""
    written: dict[str, str] = {}
    for name, label in keeps.items():
        there = sorted(call.given) if name.endswith("*") else [name]
        texts = typed(call, *(field for field in there if field == name or field.startswith(name.removesuffix("*"))))
        if said := "\n".join(text for text in texts.values() if text.strip()):
            written[label] = said
    return written


def _here(call: AnyCall) -> str:
    """Return the address of this page, with what it was asked."""
    query = urlencode(sorted(call.query().items())) if call.route.method == "GET" else ""
    return f"{call.request.path}?{query}".removesuffix("?")


def _explained(call: AnyCall, refusal: Refusal) -> Response:
    """Show the page that explains a refusal, where the route has one. Raises the refusal otherwise."""
    template = call.route.explains.get(refusal.code)
    if template is None:
        raise refusal
    facts = {name: _read(name, fact) for name, fact in refusal.facts.items()}
    return call.app.pages.show_form(call, template, PROBLEMS[refusal.code].status, **facts)


def _read(name: str, fact: object) -> object:
    return datetime.fromisoformat(str(fact)) if name.endswith("_at") else fact
