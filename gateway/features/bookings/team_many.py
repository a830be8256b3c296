"""Moving or cancelling several bookings that were selected in a session's list: looked at first, then done."""

from typing import Any, Final

from werkzeug.wrappers import Response

from gateway.features.bookings.many_api import SECONDS
from gateway.features.bookings.many_words import booking_in_words
from gateway.features.bookings.team import show_selection
from gateway.features.bookings.team_booking import sessions_to_move_to
from gateway.parts.chosen import FIELDS, references_in
from gateway.parts.sign_ins import FOR_THE_TEAM, key_of, once, show
from gateway.parts.team_views import follow_figures, session_of
from gateway.projection.call import Call
from gateway.projection.read_model import Data
from gateway.web.pages.field_errors import Asked, Errors, in_form
from gateway.web.pages.forms import typed
from gateway.web.pages.layout import go
from gateway.web.routing import LARGE, page_routes
from services.registration.schemas import MOST_AT_ONCE, BookingsCancellation
from services.runtime import limits
from services.runtime.refusals import Invalid, Refusal

routes = page_routes("team_many", sign_in=FOR_THE_TEAM, private=True)
NONE_SELECTED: Final = "Select at least one booking"
TOO_MANY: Final = f"Select {MOST_AT_ONCE} bookings at most"
NO_BUTTON: Final = "Choose what to do with the selected bookings"
NOT_THERE: Final = ("session-cancelled", "booking-closed", "not-found")
ASKED: Final = {
    "session": Asked("the session", "Choose a session to move them to"),
    "mode": Asked(ask="Choose in the room or online"),
    "reason": Asked("your reason"),
}


@routes.route(
    "POST",
    "/team/sessions/{slug}/bookings",
    "Change several bookings",
    requires="team",
    back="team_bookings.show_bookings",
    most=LARGE,
    most_fields=FIELDS,
)
def change_bookings(call: Call) -> Response:
    """Shows what would happen to each; with the step `save` it is done, and the page says what became of each."""
    references, do = references_in(call.given), call.given.get("do")
    if not references or len(references) > MOST_AT_ONCE or do not in ("move", "cancel"):
        why = NONE_SELECTED if not references else TOO_MANY if len(references) > MOST_AT_ONCE else NO_BUTTON
        return show_selection(call, 422, references, why)
    return _move(call, references) if do == "move" else _cancel(call, references)


def _move(call: Call, references: list[str]) -> Response:
    said = typed(call, "session", "mode", "allow_clash")
    step = call.given.get("step", "")
    if step not in ("check", "save"):
        return _ask_where(call, references, said)
    if not said["session"]:
        return _ask_where(call, references, said, {"session": ASKED["session"].ask}, 422)
    given: Data = {"references": references, "session": said["session"]}
    if said["mode"] in ("in_room", "online"):
        given["mode"] = said["mode"]
    if said["allow_clash"] == "yes":
        given["allow_clash"] = True
    try:
        return _done_or_shown(call, ("foresee_moves", "move_bookings"), given, said)
    except Refusal as refusal:
        if refusal.code == Invalid.code:
            return _ask_where(call, references, said, in_form(refusal, ASKED, said), 422)
        if refusal.code not in NOT_THERE:
            raise
        return _ask_where(call, references, said, {"session": refusal.detail}, 409)


def _cancel(call: Call, references: list[str]) -> Response:
    said = typed(call, "reason")
    given: Data = {"references": references}
    methods = ("foresee_cancellations", "cancel_bookings")
    if not said["reason"].strip():
        return _done_or_shown(call, methods, given, said)
    try:
        return _done_or_shown(call, methods, {**given, "reason": said["reason"]}, said)
    except Refusal as refusal:
        if refusal.code != Invalid.code:
            raise
        seen = call.registration(methods[0], slug=call.path["slug"], given=given, timeout=SECONDS).value
        return _tell(call, seen, given, said, in_form(refusal, ASKED, said))


def _done_or_shown(call: Call, methods: tuple[str, str], given: Data, said: dict[str, str]) -> Response:
    """Do it where the step is `save`, and say what became of each; else show what would."""
    looking, doing = methods
    named: dict[str, Any] = {"slug": call.path["slug"], "given": given, "timeout": SECONDS}
    if call.given.get("step") != "save":
        return _tell(call, call.registration(looking, **named).value, given, said)
    answer = once(lambda: call.registration(doing, key=key_of(call), **named))
    if answer is None:
        return go("team_bookings.show_bookings", slug=call.path["slug"])
    follow_figures(call, answer)
    return _tell(call, answer.value, given)


def _tell(
    call: Call, told: Data, given: Data, said: dict[str, str] | None = None, errors: Errors | None = None
) -> Response:
    """Show what would become of each, with what was `said` in the form; or what has, where it was done."""
    moved = "session" in given
    rows = [booking_in_words(row, moved, done=said is None) for row in told["items"]]
    to = call.model.sessions.get(given.get("session", ""))
    context: Data = {
        "rows": rows,
        "told": told,
        "said": said,
        "chosen": " ".join(given["references"]),
        "to": to.data["title"] if to else None,
        "moved": moved,
        "clashing": sum((row["problem"] or {}).get("code") == "clash" for row in rows),
        "errors": errors or {},
        "most": limits.most(BookingsCancellation, "reason"),
    }
    return show(call, "team_many_check.html", 422 if errors else 200, session=session_of(call), **context)


def _ask_where(
    call: Call, references: list[str], said: dict[str, str], errors: Errors | None = None, status: int = 200
) -> Response:
    session = session_of(call)
    others = sessions_to_move_to(call, session)
    context: Data = {"others": others, "both": any(len(other["modes"]) > 1 for other in others), "said": said}
    context |= {"errors": errors or {}, "chosen": " ".join(references), "number": len(references)}
    return show(call, "team_many_where.html", status, session=session, **context)
