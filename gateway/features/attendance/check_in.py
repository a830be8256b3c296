"""The page that the code on a booking leads to: whoever runs the session checks its owner in. A GET never does."""

from datetime import datetime
from typing import Any, Final

from werkzeug.wrappers import Response

from gateway.projection.call import Call
from gateway.projection.read_model import Data
from gateway.web.routing import SignIn, page_routes

SIGN_IN: Final = SignIn(
    "Show this code at the door",
    "to check people in",
    before="Whoever runs the session scans it, and then you are checked in. You need do nothing more.",
    question="Do you run the session?",
)
# Registration knows whose code it is, and for which session.
routes = page_routes("check_in", sign_in=SIGN_IN, explains={"not-allowed": "check_in_owner.html"}, private=True)


@routes.route("GET", "/check-in/{token}", "Check somebody in", requires="facilitator")
def show_check_in(call: Call) -> Response:
    """Shows whose code it is, with a button."""
    return _show(call, _read(call.registration("look_up_check_in", token=call.path["token"]).value), done=False)


@routes.route("POST", "/check-in/{token}", "Check somebody in", requires="facilitator")
def check_in(call: Call) -> Response:
    """Says so, also where they were checked in already."""
    return _show(call, _read(call.registration("check_in", token=call.path["token"]).value), done=True)


def _read(told: Data) -> Data:
    return {**told, **{name: datetime.fromisoformat(told[name]) for name in ("starts_at", "ends_at") if told[name]}}


def _show(call: Call, seen: dict[str, Any], *, done: bool) -> Response:
    name = seen["name"] or "Somebody without a name"
    return call.app.pages.show_form(call, "check_in.html", seen=seen, name=name, done=done)
