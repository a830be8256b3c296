"""Adding someone who came and is not in the list: who waits, who had cancelled, or someone without a booking."""

from collections.abc import Mapping
from typing import Final

from werkzeug.wrappers import Response

from gateway.features.attendance.team import ANOTHER_NAME, meeting_shown
from gateway.parts.sign_ins import FOR_FACILITATORS, key_of, once, show
from gateway.parts.team_views import STATES, all_rows, name_shown, session_of, where_of
from gateway.projection.call import Call
from gateway.projection.read_model import Data
from gateway.web.pages.field_errors import EMAIL, SHORT, Asked, in_form
from gateway.web.pages.forms import typed
from gateway.web.pages.layout import go
from gateway.web.routing import page_routes
from services.registration.schemas import EARLY, LATE
from services.runtime.refusals import Invalid, Refusal

routes = page_routes("team_arrivals", sign_in=FOR_FACILITATORS, private=True)
FIELDS: Final = ("name", "email", "sector", "organisation", "reason")
NAME_OR_EMAIL: Final = "Enter their name or their email address"
ASKED: Final = {
    "name": Asked("the name", but={**SHORT, "name-or-email": NAME_OR_EMAIL}),
    "email": Asked(ask=EMAIL),
    "sector": Asked("where they work"),
    "organisation": Asked("the organisation", but=SHORT),
    "reason": Asked("the reason", but={**SHORT, "late-reason-missing": "Say why you add them so late"}),
}
IN_THE_WAY: Final = {
    "session-cancelled": "This session is cancelled",
    "session-finished": "This session was over two weeks ago. Ask the programme team to add them",
}


@routes.route(
    "GET",
    "/team/sessions/{slug}/attendance/add",
    "Add someone who came",
    requires="facilitator",
    query=("meeting",),
)
def show_add(call: Call) -> Response:
    """Those who wait or have cancelled, each with a button; and a form for anyone else."""
    return _show(call, dict.fromkeys(FIELDS, ""))


@routes.route("POST", "/team/sessions/{slug}/attendance/add", "Add someone who came", requires="facilitator")
def add(call: Call) -> Response:
    """Leads back to the attendance of the meeting; or says at the field what is wrong."""
    session, said = session_of(call), typed(call, *FIELDS)
    meeting = meeting_shown(call.given.get("meeting", ""), session, call.now)
    given = {**{name: text for name, text in said.items() if text.strip()}, "meeting": meeting}
    try:
        added = once(lambda: call.registration("add_attendee", slug=session["slug"], given=given, key=key_of(call)))
    except Refusal as refusal:
        return _refused(call, said, refusal)
    saved = ANOTHER_NAME if added is not None and added.value.get("name_used") is False else "1"
    return go("team_attendance.show_attendance", slug=session["slug"], meeting=meeting, saved=saved)


def _refused(call: Call, said: Mapping[str, str], refusal: Refusal) -> Response:
    if refusal.code == Invalid.code:
        return _show(call, said, 422, errors=in_form(refusal, ASKED, said))
    if refusal.code == "attendance-too-early":  # the page says from when
        return _show(call, said, 409)
    if refusal.code in IN_THE_WAY:
        return _show(call, said, 409, errors={"name": IN_THE_WAY[refusal.code]})
    raise refusal


def _show(
    call: Call, said: Mapping[str, str], status: int = 200, *, errors: Mapping[str, str] | None = None
) -> Response:
    session = session_of(call)
    meeting = meeting_shown(call.given.get("meeting") or call.query().get("meeting", ""), session, call.now)
    others = [_row(call, row) for row in all_rows(call, "attendance", slug=session["slug"], others=True)]
    others.sort(key=lambda person: (person["shown_name"].casefold(), person["reference"]))
    opens_at = session["meetings"][meeting - 1]["starts_at"] - EARLY
    context: Data = {
        "opens_at": opens_at if call.now < opens_at else None,
        "meeting": meeting,
        "others": others,
        "said": said,
        "errors": errors or {},
        "sectors": call.model.sector_names,
        "is_late": call.now > session["ends_at"] + LATE,
    }
    return show(call, "team_attendance_add.html", status, session=session, **context)


def _row(call: Call, told: Data) -> Data:
    person = told["person"]
    return {
        "reference": told["reference"],
        "shown_name": name_shown(person, told["reference"]),
        "where": where_of(call, person),
        "state": STATES[told["state"]],
    }
