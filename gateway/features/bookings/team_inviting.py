"""Inviting a session's waiting list to another session: where to and how long, who would be asked, and then done."""

from datetime import datetime
from typing import Any, Final

from werkzeug.wrappers import Response

from gateway.features.bookings.many_api import SECONDS
from gateway.features.bookings.many_words import invited_in_words
from gateway.features.bookings.team_booking import sessions_to_move_to
from gateway.parts import editing
from gateway.parts.sign_ins import FOR_THE_TEAM, key_of, once, show
from gateway.parts.team_views import follow_figures, session_of
from gateway.projection.call import Call
from gateway.projection.read_model import Data
from gateway.projection.views import words
from gateway.web.pages.field_errors import Asked, Errors, in_form
from gateway.web.pages.forms import typed
from gateway.web.pages.layout import go
from gateway.web.routing import page_routes
from services.registration.schemas import WaitingListInvitation
from services.runtime import limits
from services.runtime.refusals import Invalid, Refusal

routes = page_routes("team_inviting", sign_in=FOR_THE_TEAM, private=True)
TITLE: Final = "Invite the waiting list"
HOURS: Final = 24
MOST_DAYS: Final = limits.most(WaitingListInvitation, "hours") // HOURS
USUAL_DAYS: Final = "7"
DAYS: Final = f"The days must be a whole number from 1 to {MOST_DAYS}"
NOT_THERE: Final = ("booking-closed", "by-application", "session-cancelled", "not-found")
ASKED: Final = {"to": Asked("the session", "Choose a session to invite them to"), "days": Asked(ask="Enter the days")}


@routes.route("GET", "/team/sessions/{slug}/invite-waiting", TITLE, requires="team")
def show_form(call: Call) -> Response:
    """The form."""
    return _ask(call, {"to": "", "days": USUAL_DAYS})


@routes.route("POST", "/team/sessions/{slug}/invite-waiting", TITLE, requires="team")
def invite(call: Call) -> Response:
    """Shows who would be asked; with the step `invite` it is done, and the page says who was."""
    said, step = typed(call, "to", "days"), call.given.get("step")
    errors = _missing(said)
    if errors or step == "change":
        return _ask(call, said, errors, 422 if errors else 200)
    given = {"to": said["to"], "hours": HOURS * int(said["days"])}
    try:
        return _done_or_shown(call, given, said, done=step == "invite")
    except Refusal as refusal:
        if refusal.code == Invalid.code:
            return _ask(call, said, in_form(refusal, ASKED, said), 422)
        if refusal.code not in NOT_THERE:
            raise
        return _ask(call, said, {"to": refusal.detail}, 409)


def _missing(said: dict[str, str]) -> Errors:
    errors = {} if said["to"] else {"to": ASKED["to"].ask}
    days = editing.number_of(said["days"])
    return errors if isinstance(days, int) and 1 <= days <= MOST_DAYS else {**errors, "days": DAYS}


def _done_or_shown(call: Call, given: Data, said: dict[str, str], *, done: bool) -> Response:
    named: dict[str, Any] = {"slug": call.path["slug"], "given": given, "timeout": SECONDS}
    if not done:
        return _tell(call, call.registration("foresee_invitation", **named).value, said, done=False)
    answer = once(lambda: call.registration("invite_waiting_list", key=key_of(call), **named))
    if answer is None:
        return go("team_bookings.show_waiting_list", slug=call.path["slug"])
    follow_figures(call, answer)
    return _tell(call, answer.value, said, done=True)


def _tell(call: Call, told: Data, said: dict[str, str], *, done: bool) -> Response:
    to = call.model.sessions.get(told["to"])
    context: Data = {
        "told": told,
        "until": datetime.fromisoformat(told["until"]),
        "answer_before": datetime.fromisoformat(told["offers_until"]),
        "free": [f"{free} {words(mode)}" for mode, free in told["places"].items() if free],
        "later": sum(row["why"] == "no_place_left" for row in told["items"]),
        "rows": [invited_in_words(row, done=done) for row in told["items"]],
        "to": to.data["title"] if to else told["to"],
        "said": said,
        "done": done,
    }
    return show(call, "team_inviting_check.html", session=session_of(call), **context)


def _ask(call: Call, said: dict[str, str], errors: Errors | None = None, status: int = 200) -> Response:
    session = session_of(call)
    context: Data = {"others": sessions_to_move_to(call, session), "said": said, "errors": errors or {}}
    return show(call, "team_inviting.html", status, session=session, **context)
