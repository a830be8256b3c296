"""The team's page of who facilitates a session: naming somebody, and taking that back."""

from datetime import datetime
from typing import Final

from werkzeug.wrappers import Response

from gateway.parts.sign_ins import FOR_THE_TEAM, key_of, once, show
from gateway.parts.team_views import all_rows, name_of, session_of
from gateway.projection.call import Call
from gateway.projection.read_model import Data
from gateway.web.pages.field_errors import EMAIL
from gateway.web.pages.forms import typed
from gateway.web.pages.layout import go
from gateway.web.routing import page_routes
from services.runtime.refusals import Invalid, NotFound, Refusal

routes = page_routes("team_facilitators", sign_in=FOR_THE_TEAM, private=True)
IN_THE_WAY: Final = {
    "session-cancelled": "This session is cancelled, so nobody can be named",
    "session-finished": "This session was over two weeks ago, so nobody can be named",
}
DONE: Final = {
    "named": "Done. They can open the attendance and the tables of this session now.",
    "taken-back": "Done. They can no longer open anything of this session that others cannot, and are signed out.",
}


@routes.route(
    "GET", "/team/sessions/{slug}/facilitators", "Facilitators of a session", requires="team", query=("done",)
)
def show_facilitators(call: Call) -> Response:
    """Who facilitates it, with a form to name somebody."""
    return _show(call, done=DONE.get(call.query().get("done", ""), ""))


@routes.route("POST", "/team/sessions/{slug}/facilitators", "Name a facilitator", requires="team")
def name_facilitator(call: Call) -> Response:
    """Leads to the list; or says at the field what is in the way."""
    session, email = session_of(call), typed(call, "email")["email"].strip()
    if not email:
        return _show(call, 422, error=EMAIL)
    named = {"slug": session["slug"], "given": {"email": email}, "key": key_of(call)}
    try:
        once(lambda: call.registration("name_facilitator", **named))
    except Refusal as refusal:
        if refusal.code == Invalid.code:
            return _show(call, 422, email=email, error=EMAIL)
        if refusal.code in IN_THE_WAY:
            return _show(call, 409, email=email, error=IN_THE_WAY[refusal.code])
        raise
    return go("team_facilitators.show_facilitators", slug=session["slug"], done="named")


@routes.route(
    "GET", "/team/sessions/{slug}/facilitators/{id}/take-back", "Take back who facilitates a session", requires="team"
)
def show_take_back(call: Call) -> Response:
    """Says what it means, with a button."""
    session = session_of(call)
    found = next((row for row in _rows(call) if row["id"] == call.path["id"]), None)
    if found is None:
        raise NotFound("They do not facilitate this session any more.")
    return show(call, "team_facilitator_take_back.html", session=session, row=found)


@routes.route(
    "POST", "/team/sessions/{slug}/facilitators/{id}/take-back", "Take back who facilitates a session", requires="team"
)
def take_back(call: Call) -> Response:
    """Leads to the list, also where it was taken back already."""
    slug = call.path["slug"]
    try:
        call.registration("take_back_facilitator", slug=slug, id=call.path["id"])
    except Refusal as refusal:
        if refusal.code != NotFound.code:
            raise
    return go("team_facilitators.show_facilitators", slug=slug, done="taken-back")


def _rows(call: Call) -> list[Data]:
    rows = all_rows(call, "facilitators", slug=call.path["slug"])
    return [
        {**row, "shown_name": name_of(row["person"]), "since": datetime.fromisoformat(row["since"])} for row in rows
    ]


def _show(call: Call, status: int = 200, *, email: str = "", error: str = "", done: str = "") -> Response:
    context: Data = {"session": session_of(call), "rows": _rows(call), "email": email, "done": done}
    return show(call, "team_facilitators.html", status, errors={"email": error} if error else {}, **context)
