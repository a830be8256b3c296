"""What pages with buttons share, and how those of the team and of operators ask people to sign in."""

import hashlib
from collections.abc import Callable
from typing import Any, Final

from werkzeug.wrappers import Response

from gateway.projection.call import Call
from gateway.web.call import Answer
from gateway.web.pages import forms
from gateway.web.routing import SignIn
from services.runtime.refusals import KeyInUse, Refusal

WRITTEN: Final = {  # what takes long to write is given back to whoever was signed out meanwhile
    "text": "Your note",
    "note": "What you did",
    "reason": "The reason",
    "subject": "Subject",
    "body": "Message",
    "access_needs": "What they need",
    "csv": "The lines of your sheet",
}
FOR_THE_TEAM: Final = SignIn("For the team", "to see it", before="This page is for the team.", keeps=WRITTEN)
FOR_FACILITATORS: Final = SignIn(
    "For those who run this session",
    "to see it",
    before="This page is for the team, and for those who facilitate this session.",
    keeps=WRITTEN,
)
FOR_OPERATORS: Final = SignIn(
    "For operators", "to see it", before="This page is for those who keep the system running."
)


def for_the_team(heading: str, **keeps: str) -> SignIn:
    """Return how a page of the team's editor asks people to sign in; `keeps` are the fields that are given back."""
    return SignIn(heading, "to see the pages of the team", keeps=keeps)


def show(call: Call, template: str, status: int = 200, **context: Any) -> Response:
    """Show a page; its forms hold a fresh `key`, so that a button that is pressed twice does its thing once."""
    return call.app.pages.show_form(call, template, status, key=forms.new_key(), **context)


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
