"""Who is let in to the pages of the team and of operators, and what all of these pages share."""

import functools
import hashlib
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import urlencode

from werkzeug.wrappers import Response

from gateway.call import Answer, Call
from gateway.identity import has_role, who
from gateway.pages import forms
from gateway.pages.layout import kept_to_ourselves
from gateway.routing import Handler
from services.bus.refusals import KeyInUse, NotAllowed, Refusal

FOR: Final = {
    "team": ("For the team", "This page is for the team."),
    "facilitator": (
        "For those who run this session",
        "This page is for the team, and for those who facilitate this session.",
    ),
    "operator": ("For operators", "This page is for those who keep the system running."),
}

WRITTEN: Final = {  # what takes long to write is given back to whoever was signed out meanwhile
    "text": "Your note",
    "note": "What you did",
    "reason": "The reason",
    "subject": "Subject",
    "body": "Message",
    "access_needs": "What they need",
    "csv": "The lines of your sheet",
}


def guard(role: str, refused: str | Handler, ask: Handler) -> Callable[[Handler], Handler]:
    """Have the handler below answer those who have `role`; `ask` answers whoever is not signed in.

    Everybody else is answered by `refused`, or meets NotAllowed with these words.
    """

    def decorate(handler: Handler) -> Handler:
        @functools.wraps(handler)
        def answer(call: Call) -> Response:
            if not call.house.pages.is_signed_in(call):
                return ask(call)
            if has_role(who(call), role, call.path.get("slug")):
                return handler(call)
            if isinstance(refused, str):
                raise NotAllowed(refused)
            return refused(call)

        return answer

    return decorate


def only_for(role: str) -> Callable[[Handler], Handler]:
    """Have the handler below answer those who have `role`, and keep the page to ourselves."""

    def decorate(handler: Handler) -> Handler:
        @guard(role, FOR[role][1], lambda call: kept_to_ourselves(_ask_to_sign_in(call, role)))
        @functools.wraps(handler)
        def answer(call: Call) -> Response:
            return kept_to_ourselves(handler(call))

        return answer

    return decorate


def _ask_to_sign_in(call: Call, role: str) -> Response:
    heading, before = FOR[role]
    back = here(call) if call.request.method == "GET" else call.request.path
    said = forms.typed(call, *call.given)
    written = {WRITTEN[name]: text for name, text in said.items() if name in WRITTEN and text.strip()}
    return call.house.pages.ask_to_sign_in(call, heading, "to see it", back=back, before=before, written=written)


def here(call: Call) -> str:
    """Return the address of this page, with what it was asked."""
    query = urlencode(sorted(call.query().items()))
    return f"{call.request.path}?{query}".removesuffix("?")


def show(call: Call, template: str, status: int = 200, **context: Any) -> Response:
    """Show a page; its forms hold a fresh `key`, so that a button that is pressed twice does its thing once."""
    return call.house.pages.show_form(call, template, status, key=forms.new_key(), **context)


def key_of(call: Call) -> str | None:
    """Return the Idempotency-Key of the form that was sent: the same fields of the same form have the same key.

    Who goes back and sends the form with other words wants another thing.
    """
    if forms.key_of(call) is None:
        return None
    said = sorted((name, text) for name, text in call.given.items())
    return hashlib.sha256(repr((call.request.path, said)).encode()).hexdigest()


def once(act: Callable[[], Answer]) -> Answer | None:
    """Do what a button asks for; None where the first press of the same button is still under way, and does it."""
    try:
        return act()
    except Refusal as refusal:
        if refusal.code != KeyInUse.code:
            raise
        return None
