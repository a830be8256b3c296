"""The page that the code on a booking leads to: the team checks its owner in. A GET never checks anybody in."""

from datetime import datetime
from typing import Any

from werkzeug.wrappers import Response

from gateway.call import Call
from gateway.pages.doors import guard
from gateway.pages.layout import kept_to_ourselves
from gateway.read_model import Data
from gateway.routing import Routes

routes = Routes("Pages", prefix="")


def _ask_to_sign_in(call: Call) -> Response:
    response = call.house.pages.ask_to_sign_in(
        call,
        "Show this code at the door",
        "to check people in",
        before="The team scans it, and then you are checked in. You need do nothing more.",
        question="Are you on the team?",
    )
    return kept_to_ourselves(response)


for_team = guard("team", "Show this code at the door: only the team can check people in.", _ask_to_sign_in)


@routes.route("GET", "/check-in/{token}", "anyone", "Check somebody in", media="text/html")
@for_team
def show_check_in(call: Call) -> Response:
    """Shows the team whose code it is, with a button."""
    return _show(call, _read(call.registration("look_up_check_in", token=call.path["token"]).value), done=False)


@routes.route("POST", "/check-in/{token}", "anyone", "Check somebody in", media="text/html", form=True)
@for_team
def check_in(call: Call) -> Response:
    """Says so, also where they were checked in already."""
    return _show(call, _read(call.registration("check_in", token=call.path["token"]).value), done=True)


def _read(told: Data) -> Data:
    return {**told, **{name: datetime.fromisoformat(told[name]) for name in ("starts_at", "ends_at") if told[name]}}


def _show(call: Call, seen: dict[str, Any], *, done: bool) -> Response:
    name = seen["name"] or "Somebody without a name"
    return kept_to_ourselves(call.house.pages.show_form(call, "check_in.html", seen=seen, name=name, done=done))
