"""Nominating colleagues: a list is pasted, what would happen is shown line by line, and only then it is done.

Nothing is kept in between: the page that shows it holds the list, and sends it again.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from werkzeug.wrappers import Response

from gateway.features.coordinating.nominations_api import SECONDS
from gateway.features.coordinating.pages import organisation_of
from gateway.parts.sign_ins import key_of, once, show
from gateway.parts.team_views import all_rows, seen
from gateway.projection.call import Call
from gateway.projection.read_model import Data, Session
from gateway.projection.views import booking_of
from gateway.web.pages.field_errors import WORDS, Asked, Errors, in_form
from gateway.web.pages.forms import typed
from gateway.web.pages.layout import go
from gateway.web.routing import LARGE, SignIn, page_routes
from services.registration.schemas import coordinators
from services.runtime.refusals import Invalid, Refusal

TITLE: Final = "Nominate colleagues"
routes = page_routes(
    "nominating", sign_in=SignIn(TITLE, "to nominate colleagues", keeps={"csv": "Your list"}), private=True
)
FIELDS: Final = ("session", "csv", "mode")
CHOOSE: Final = "Choose a session"
PASTE: Final = "Write one colleague a line"
IN_THE_WAY: Final = ("booking-closed", "session-cancelled", "session-full", "not-found")
FULL: Final = "This session has no waiting list, and not enough places for all of your list"
ASKED: Final = {
    "session": Asked("the session", CHOOSE),
    "csv": Asked(
        "the list",
        PASTE,
        {
            "no-rows": "There is nobody on this list. Write one colleague a line, such as zoe@example.org, Zoe Okafor",
            "too-many-lines": "A list can have {max:,} lines at most. Nominate in parts",
        },
    ),
    "mode": Asked(ask="Choose in the room or online"),
}
WHY: Final[Mapping[str, str]] = {
    "already-nominated": "You have nominated them for this session before",
    "not-an-email": "This is not an email address",
    "has-a-link": "Leave out links and email addresses from the name",
    "too-long": "The name is too long",
    **{code: str(WORDS[code]) for code in ("not-a-mail-domain", "address-changed")},
}


@routes.route("GET", "/coordinating/{id}/nominate", TITLE, requires="coordinator", query=("session",))
def show_form(call: Call) -> Response:
    """The form."""
    return _ask(call, {"session": call.query().get("session", ""), "csv": "", "mode": ""})


@routes.route("POST", "/coordinating/{id}/nominate", TITLE, requires="coordinator", most=LARGE)
def send_list(call: Call) -> Response:
    """Shows what would happen; with the step `nominate` it is done, and the page says the result of each line."""
    said = typed(call, *FIELDS)
    step = call.given.get("step")
    errors = _missing(call, said)
    if errors or step == "change":
        return _ask(call, said, errors, 422 if errors else 200)
    named: dict[str, Any] = {"id": call.path["id"], "given": {name: text for name, text in said.items() if text}}
    try:
        if step != "nominate":
            told = call.registration("foresee_nominations", timeout=SECONDS, **named).value
            return _tell(call, told, said, done=False)
        answer = once(lambda: call.registration("nominate", key=key_of(call), timeout=SECONDS, **named))
    except Refusal as refusal:
        return _refused(call, said, refusal)
    if answer is None:
        return go("nominating.show_nominations", id=call.path["id"])
    return _tell(call, answer.value, said, done=True)


@routes.route("GET", "/coordinating/{id}/nominations", "Who you nominated", requires="coordinator")
def show_nominations(call: Call) -> Response:
    """As they typed them, the latest first."""
    rows = [
        {**row, "nominated_at": datetime.fromisoformat(row["nominated_at"])}
        for row in all_rows(call, "nominations", id=call.path["id"])
    ]
    organisation = organisation_of(call)
    return call.app.pages.show_form(call, "coordinating_nominations.html", organisation=organisation, rows=rows)


def _missing(call: Call, said: Mapping[str, str]) -> Errors:
    session = call.model.sessions.get(said["session"])
    errors: Errors = {} if session else {"session": CHOOSE}
    if not said["csv"].strip():
        errors["csv"] = PASTE
    if session and len(seen(call, session)["modes"]) > 1 and not said["mode"]:
        errors["mode"] = ASKED["mode"].ask
    return errors


def _refused(call: Call, said: dict[str, str], refusal: Refusal) -> Response:
    if refusal.code in IN_THE_WAY:
        why = FULL if refusal.code == "session-full" else refusal.detail
        return _ask(call, said, {"session": why}, 409)
    if refusal.code != Invalid.code:
        raise refusal
    return _ask(call, said, in_form(refusal, ASKED, said), 422)


def _ask(call: Call, said: dict[str, str], errors: Errors | None = None, status: int = 200) -> Response:
    call.model.require_ready()
    sessions = [seen(call, session) for session in call.model.sessions.values() if _is_open(call, session)]
    context: Data = {
        "sessions": sorted(sessions, key=lambda session: session["starts_at"]),
        "said": said,
        "errors": errors or {},
        "most": coordinators.MOST_NOMINATED,
    }
    context["both"] = any(len(one["modes"]) > 1 for one in context["sessions"])
    return show(call, "coordinating_nominate.html", status, organisation=organisation_of(call), **context)


def _is_open(call: Call, session: Session) -> bool:
    """Say whether someone could be nominated for it, as far as is known here."""
    return booking_of(session, call.model.places(session.data), call.now) in ("open", "waiting_list")


def _tell(call: Call, told: Data, said: Mapping[str, str], *, done: bool) -> Response:
    """Show line by line what would happen to the list as it was `said`; or what has, where it was `done`."""
    sure = sum(row["foreseen"] == "confirmed" for row in told["items"])
    session = seen(call, call.model.sessions[said["session"]])
    rows = [_in_words(row, applies=session["by_application"], done=done) for row in told["items"]]
    context: Data = {"rows": rows, "told": told, "said": said, "done": done, "sure": sure}
    return show(call, "coordinating_check.html", organisation=organisation_of(call), session=session, **context)


def _in_words(row: Data, *, applies: bool, done: bool) -> Data:
    shown: Data = {**row, "who": row["name"] or row["email"] or f"Line {row['line']}", "notes": []}
    if row["problem"]:
        return {**shown, "tag": "Not nominated", "colour": "red", "notes": [_why(row["problem"])]}
    if applies:
        return {**shown, "tag": "Nominated" if done else "Applies for a place", "colour": "yellow"}
    if row["foreseen"] == "confirmed":
        return {**shown, "tag": "Nominated" if done else "Gets a place", "colour": "green"}
    waits = "On the waiting list if no place was left" if done else "Goes on the waiting list if no place is left"
    return {**shown, "tag": "Nominated" if done else "May have to wait", "colour": "yellow", "notes": [waits]}


def _why(problem: Data) -> str:
    if problem["code"] == "listed-twice":
        return str(problem["detail"]).rstrip(".")
    return WHY.get(problem["code"]) or str(problem["detail"]).rstrip(".")
