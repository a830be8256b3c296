"""Booking a list of people: it is pasted or sent, what would happen is shown line by line, and only then it is done.

Nothing is kept in between: the page that shows it holds the list, and sends it again.
"""

from collections.abc import Mapping
from typing import Any, Final

from werkzeug.wrappers import Response

from gateway.features.bookings.many_api import SECONDS
from gateway.features.bookings.many_words import line_in_words
from gateway.parts.sign_ins import FOR_THE_TEAM, key_of, once, show
from gateway.parts.team_views import follow_figures, session_of
from gateway.projection.call import Call
from gateway.projection.read_model import Data
from gateway.web.pages.field_errors import Asked, Errors, in_form
from gateway.web.pages.forms import typed
from gateway.web.pages.layout import go
from gateway.web.routing import LARGE, page_routes
from services.registration.schemas import MOST_AT_ONCE
from services.runtime.refusals import Invalid, Refusal

routes = page_routes("team_lists", sign_in=FOR_THE_TEAM, private=True)
TITLE: Final = "Book a list of people"
FIELDS: Final = ("csv", "mode", "if_full")
PASTE: Final = "Choose a file, or paste one person a line"
IN_THE_WAY: Final = ("booking-closed", "session-cancelled")
ASKED: Final = {
    "csv": Asked(
        "the list",
        PASTE,
        {
            "no-rows": "There is nobody on this list. Write one person a line, such as zoe@example.org, Zoe Okafor",
            "too-many-lines": "A list can have {max:,} lines at most. Book it in parts",
        },
    ),
    "mode": Asked(ask="Choose in the room or online"),
    "if_full": Asked(ask="Choose what to do if there is no place"),
}


@routes.route("GET", "/team/sessions/{slug}/book-list", TITLE, requires="team")
def show_list(call: Call) -> Response:
    """The form."""
    return _ask(call, {"csv": "", "mode": "", "if_full": "wait"})


@routes.route("POST", "/team/sessions/{slug}/book-list", TITLE, requires="team", most=LARGE, files=True)
def send_list(call: Call) -> Response:
    """Shows what would happen; with the step `book` it is done, and the page says what became of each line."""
    said = typed(call, *FIELDS, "file")
    file = said.pop("file")
    said["csv"] = file if file.strip() else said["csv"]
    session = session_of(call)
    step = call.given.get("step")
    errors = _missing(said, session)
    if errors or step == "change":
        return _ask(call, said, errors, 422 if errors else 200)
    given = {name: text for name, text in said.items() if text}
    try:
        if step == "book":
            return _book(call, session, given)
        seen = call.registration("foresee_list", slug=session["slug"], given=given, timeout=SECONDS).value
    except Refusal as refusal:
        return _refused(call, said, refusal)
    return _tell(call, session, seen, said)


def _book(call: Call, session: Data, given: Mapping[str, Any]) -> Response:
    named = {"slug": session["slug"], "given": given, "key": key_of(call), "timeout": SECONDS}
    answer = once(lambda: call.registration("book_list", **named))
    if answer is None:
        return go("team_bookings.show_bookings", slug=session["slug"], sort="latest")
    follow_figures(call, answer)
    return _tell(call, session, answer.value)


def _missing(said: Mapping[str, str], session: Data) -> Errors:
    errors: Errors = {} if said["csv"].strip() else {"csv": PASTE}
    if len(session["modes"]) > 1 and not said["mode"]:
        errors["mode"] = ASKED["mode"].ask
    return errors if said["if_full"] else {**errors, "if_full": ASKED["if_full"].ask}


def _refused(call: Call, said: dict[str, str], refusal: Refusal) -> Response:
    if refusal.code in IN_THE_WAY:
        return _ask(call, said, {"csv": refusal.detail}, 409)
    if refusal.code != Invalid.code:
        raise refusal
    return _ask(call, said, in_form(refusal, ASKED, said), 422)


def _ask(call: Call, said: dict[str, str], errors: Errors | None = None, status: int = 200) -> Response:
    context: Data = {"said": said, "errors": errors or {}, "most": MOST_AT_ONCE}
    return show(call, "team_list.html", status, session=session_of(call), **context)


def _tell(call: Call, session: Data, told: Data, said: Mapping[str, str] | None = None) -> Response:
    """Show line by line what would happen to the list as it was `said`; or what has, where it was done."""
    rows = [line_in_words(row, done=said is None) for row in told["items"]]
    context: Data = {"rows": rows, "told": told, "said": said}
    context["waiting"] = sum(row["state"] == "waiting" for row in rows)
    return show(call, "team_list_check.html", session=session, **context)
