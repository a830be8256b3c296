"""The page that the code on a booking leads to: the team checks its owner in. A GET never checks anybody in."""

from datetime import datetime
from typing import Any

from werkzeug.wrappers import Response

from gateway.call import Call
from gateway.identity import who
from gateway.pages.layout import kept_to_ourselves
from gateway.read_model import Data
from gateway.routing import Routes

routes = Routes("Pages", prefix="")


@routes.route("GET", "/check-in/{token}", "anyone", "Check somebody in", media="text/html")
def show_check_in(call: Call) -> Response:
    """Shows the team whose code it is, with a button."""
    if answer := _not_team(call):
        return answer
    return _show(call, _read(call.registration("look_up_check_in", token=call.path["token"]).value), done=False)


@routes.route("POST", "/check-in/{token}", "anyone", "Check somebody in", media="text/html", form=True)
def check_in(call: Call) -> Response:
    """Says so, also where they were checked in already."""
    if answer := _not_team(call):
        return answer
    return _show(call, _read(call.registration("check_in", token=call.path["token"]).value), done=True)


def _not_team(call: Call) -> Response | None:
    """Return what whoever is not of the team sees; None for the team. Raises Unavailable."""
    if not call.house.pages.is_signed_in(call):
        return _ask_to_sign_in(call)
    if "team" not in who(call)["roles"]:
        return kept_to_ourselves(call.house.pages.show_form(call, "check_in_owner.html", 403))
    return None


def _ask_to_sign_in(call: Call) -> Response:
    response = call.house.pages.ask_to_sign_in(
        call,
        "Show this code at the door",
        "to check people in",
        before="The team scans it, and then you are checked in. You need do nothing more.",
        question="Are you on the team?",
    )
    return kept_to_ourselves(response)


def _read(told: Data) -> Data:
    return {**told, **{name: datetime.fromisoformat(told[name]) for name in ("starts_at", "ends_at") if told[name]}}


def _show(call: Call, seen: dict[str, Any], *, done: bool) -> Response:
    name = seen["name"] or "Somebody without a name"
    return kept_to_ourselves(call.house.pages.show_form(call, "check_in.html", seen=seen, name=name, done=done))
