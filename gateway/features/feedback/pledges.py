"""The page of one's own pledge: what one wrote after a session, and, six weeks later, whether one did it."""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from werkzeug.wrappers import Response

from gateway.parts.own_bookings import NOT_YOURS
from gateway.projection.call import Call
from gateway.projection.read_model import Data
from gateway.web.pages.field_errors import Asked, in_form
from gateway.web.pages.forms import typed
from gateway.web.pages.layout import go
from gateway.web.problems import PROBLEMS
from gateway.web.routing import SignIn, page_routes, url_for
from services.registration.schemas import PledgeAnswer
from services.runtime import limits
from services.runtime.refusals import Invalid, Refusal

NONE, NOT_DUE = "no-pledge", "pledge-not-due"  # codes of registration's refusals
CHOICES: Final = {"yes": "Yes", "partly": "In part", "not_yet": "Not yet"}
NOTE: Final = "A note to yourself"
SIGN_IN: Final = SignIn(
    "Your pledge",
    "to read it",
    after="Only you can read your pledge, so we need to know that it is you.",
    keeps={"note": NOTE},
)
routes = page_routes("pledges", sign_in=SIGN_IN, explains=NOT_YOURS)
ASKED: Final = {"did": Asked(ask="Choose yes, in part or not yet"), "note": Asked("your note")}


@routes.route("GET", "/bookings/{reference}/pledge", "Your pledge", requires="person", query=("saved",))
def show_pledge(call: Call) -> Response:
    """What one pledged; and once it is time, the question whether one did it."""
    return _unless_none(call, lambda: _see(call))


@routes.route("POST", "/bookings/{reference}/pledge", "Say what became of it", requires="person", one_call=True)
def answer(call: Call) -> Response:
    """Keeps it, in place of what was said before. What is wrong is told on the page."""
    return _unless_none(call, lambda: _answer(call, typed(call, "did", "note")))


def _see(call: Call) -> Response:
    pledge = _own(call)
    return _show(call, pledge, {name: str(pledge[name] or "") for name in ("did", "note")}, {}, 200)


def _answer(call: Call, said: dict[str, str]) -> Response:
    did = {"did": said["did"]} if said["did"] in CHOICES else {}
    given = {**did, "note": said["note"] if said["note"].strip() else None}
    try:
        call.registration("answer_pledge", reference=call.path["reference"], given=given)
    except Refusal as refusal:
        if refusal.code == NOT_DUE:
            return _show(call, _own(call), said, {}, PROBLEMS[NOT_DUE].status)
        if refusal.code != Invalid.code:
            raise
        return _show(call, _own(call), said, in_form(refusal, ASKED, said), 422)
    return go("pledges.show_pledge", reference=call.path["reference"], saved="yes")


def _own(call: Call) -> Data:
    pledge = call.registration("pledge", reference=call.path["reference"]).value
    moments = {name: datetime.fromisoformat(pledge[name]) for name in ("given_at", "asked_at")}
    return {**pledge, **moments}


def _show(call: Call, pledge: Data, said: dict[str, str], errors: dict[str, str], status: int) -> Response:
    most = limits.most(PledgeAnswer, "note")
    context = {"pledge": pledge, "said": said, "errors": errors, "choices": CHOICES, "note": NOTE, "most": most}
    due, saved = call.now >= pledge["asked_at"], "saved" in call.query() and pledge["did"] is not None
    return call.app.pages.show_form(
        call, "pledge.html", status, **context, due=due, saved=saved, booking=_booking(call)
    )


def _unless_none(call: Call, show: Callable[[], Response]) -> Response:
    """Answer with the pledge; or say that there is none."""
    try:
        return show()
    except Refusal as refusal:
        if refusal.code != NONE:
            raise
        return call.app.pages.show_form(call, "pledge_none.html", PROBLEMS[NONE].status, booking=_booking(call))


def _booking(call: Call) -> str:
    return url_for("bookings.show_booking", reference=call.path["reference"])
