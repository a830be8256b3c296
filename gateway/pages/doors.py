"""Who is let in to the pages of the team and of operators, and what all of these pages share."""

import functools
import hashlib
import re
import secrets
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import urlencode

from werkzeug.utils import redirect
from werkzeug.wrappers import Response

from gateway.answers import PRIVATE
from gateway.call import Answer, Call
from gateway.identity import who
from gateway.pages.layout import kept_to_ourselves
from gateway.routing import Handler
from services.bus.refusals import KeyInUse, NotAllowed, Refusal

KEY: Final = re.compile(r"[A-Za-z0-9_-]{10,60}")
FOR: Final = {
    "team": ("For the team", "This page is for the team."),
    "operator": ("For operators", "This page is for those who keep the system running."),
}

WRITTEN: Final = {  # what takes long to write is given back to whoever was signed out meanwhile
    "text": "Your note",
    "reason": "The reason",
    "subject": "Subject",
    "body": "Message",
    "access_needs": "What they need",
    "csv": "The lines of your sheet",
}


def only_for(role: str) -> Callable[[Handler], Handler]:
    """Have the handler below answer those who have `role`; whoever is not signed in is asked to."""

    def decorate(handler: Handler) -> Handler:
        @functools.wraps(handler)
        def answer(call: Call) -> Response:
            if not call.house.pages.is_signed_in(call):
                return kept_to_ourselves(_ask_to_sign_in(call, role))
            if role not in who(call)["roles"]:
                raise NotAllowed(FOR[role][1])
            return kept_to_ourselves(handler(call))

        return answer

    return decorate


def _ask_to_sign_in(call: Call, role: str) -> Response:
    heading, before = FOR[role]
    query = urlencode(sorted(call.query().items())) if call.request.method == "GET" else ""
    written = {WRITTEN[name]: lines_of(text) for name, text in call.given.items() if name in WRITTEN and text.strip()}
    back = f"{call.request.path}?{query}".removesuffix("?")
    return call.house.pages.ask_to_sign_in(call, heading, "to see it", back=back, before=before, written=written)


def show(call: Call, template: str, status: int = 200, **context: Any) -> Response:
    """Show a page; its forms hold a fresh `key`, so that a button that is pressed twice does its thing once."""
    return call.house.pages.show_form(call, template, status, key=secrets.token_urlsafe(16), **context)


def key_of(call: Call) -> str | None:
    """Return the Idempotency-Key of the form that was sent: the same fields of the same form have the same key.

    Who goes back and sends the form with other words wants another thing.
    """
    key = str(call.given.get("key", ""))
    if not KEY.fullmatch(key):
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


def lines_of(text: str) -> str:
    """Return what was written in a form with the line breaks that we keep."""
    return text.replace("\r\n", "\n")


def go_to(path: str) -> Response:
    """Lead on to the page that says what was done."""
    response = redirect(path, 303)
    response.headers.update(PRIVATE)
    return response
