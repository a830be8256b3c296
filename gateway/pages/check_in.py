"""The page that the code on a booking leads to: whoever runs the session checks its owner in. A GET never does."""

import functools
from datetime import datetime
from typing import Any

from werkzeug.wrappers import Response

from gateway.call import Call
from gateway.identity import FACILITATOR
from gateway.pages.doors import guard
from gateway.pages.layout import kept_to_ourselves
from gateway.read_model import Data
from gateway.routing import Handler, Routes
from services.bus.refusals import NotAllowed, Refusal

routes = Routes("Pages", prefix="")


def _ask_to_sign_in(call: Call) -> Response:
    response = call.house.pages.ask_to_sign_in(
        call,
        "Show this code at the door",
        "to check people in",
        before="Whoever runs the session scans it, and then you are checked in. You need do nothing more.",
        question="Do you run the session?",
    )
    return kept_to_ourselves(response)


def _to_its_owner(call: Call) -> Response:
    return kept_to_ourselves(call.house.pages.show_form(call, "check_in_owner.html", 403))


def for_those_who_run_it(handler: Handler) -> Handler:
    """Have the handler below answer the team, and whoever facilitates the session that the code is for."""

    @guard(FACILITATOR, _to_its_owner, _ask_to_sign_in)
    @functools.wraps(handler)
    def answer(call: Call) -> Response:
        try:
            return handler(call)
        except Refusal as refusal:
            if refusal.code != NotAllowed.code:  # registration knows whose code it is, and for which session
                raise
            return _to_its_owner(call)

    return answer


@routes.route("GET", "/check-in/{token}", "anyone", "Check somebody in", media="text/html")
@for_those_who_run_it
def show_check_in(call: Call) -> Response:
    """Shows whose code it is, with a button."""
    return _show(call, _read(call.registration("look_up_check_in", token=call.path["token"]).value), done=False)


@routes.route("POST", "/check-in/{token}", "anyone", "Check somebody in", media="text/html", form=True)
@for_those_who_run_it
def check_in(call: Call) -> Response:
    """Says so, also where they were checked in already."""
    return _show(call, _read(call.registration("check_in", token=call.path["token"]).value), done=True)


def _read(told: Data) -> Data:
    return {**told, **{name: datetime.fromisoformat(told[name]) for name in ("starts_at", "ends_at") if told[name]}}


def _show(call: Call, seen: dict[str, Any], *, done: bool) -> Response:
    name = seen["name"] or "Somebody without a name"
    return kept_to_ourselves(call.house.pages.show_form(call, "check_in.html", seen=seen, name=name, done=done))
