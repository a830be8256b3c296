"""The team's pages of who coordinates organisations: naming someone, and taking that back."""

from datetime import datetime
from typing import Final

from werkzeug.wrappers import Response

from gateway.parts.editing import refused
from gateway.parts.sign_ins import FOR_THE_TEAM, key_of, show
from gateway.parts.team_views import all_rows, name_of
from gateway.projection.call import Call
from gateway.projection.read_model import Data
from gateway.web.pages.field_errors import EMAIL, Asked, Errors, found, in_form
from gateway.web.pages.forms import typed
from gateway.web.pages.layout import go
from gateway.web.routing import page_routes
from services.registration.schemas import coordinators
from services.runtime.refusals import Invalid, KeyReused, NotFound

routes = page_routes("team_coordinators", sign_in=FOR_THE_TEAM, private=True)
FIELDS: Final = ("organisation", "email")
ASKED: Final = {"organisation": Asked("the name of the organisation"), "email": Asked(ask=EMAIL)}
DONE: Final = {
    "named": "Done. We have emailed them what they can do.",
    "taken-back": "Done. They can no longer see anything of this organisation, and are signed out.",
}


@routes.route("GET", "/team/coordinators", "Coordinators", requires="team", query=("done",))
def show_coordinators(call: Call) -> Response:
    """Those of all organisations, with a form to name someone."""
    return _show(call, dict.fromkeys(FIELDS, ""), {}, DONE.get(call.query().get("done", ""), ""))


@routes.route("POST", "/team/coordinators", "Name a coordinator", requires="team")
def name_coordinator(call: Call) -> Response:
    """Leads to the list. What is wrong is told on the form."""
    said = typed(call, *FIELDS)
    given = {name: said[name].strip() or None for name in FIELDS}
    if errors := found(coordinators.CoordinatorWanted(), given, ASKED):
        return _show(call, said, errors)
    refusal = refused(lambda: call.registration("name_coordinator", given=given, key=key_of(call)))
    if refusal is None:
        return go("team_coordinators.show_coordinators", done="named")
    if refusal.code not in (Invalid.code, KeyReused.code):
        raise refusal
    return _show(call, said, in_form(refusal, ASKED, said))


@routes.route("GET", "/team/coordinators/{id}/remove", "Remove a coordinator", requires="team")
def show_removal(call: Call) -> Response:
    """Says what it means, with a button."""
    row = next((row for row in _rows(call) if row["id"] == call.path["id"]), None)
    if row is None:
        raise NotFound("They do not coordinate this organisation any more.")
    return show(call, "team_coordinator_remove.html", row=row)


@routes.route("POST", "/team/coordinators/{id}/remove", "Remove a coordinator", requires="team")
def remove_coordinator(call: Call) -> Response:
    """Leads to the list, also where it was taken back already."""
    refusal = refused(lambda: call.registration("take_back_coordinator", id=call.path["id"]))
    if refusal is not None and refusal.code != NotFound.code:
        raise refusal
    return go("team_coordinators.show_coordinators", done="taken-back")


def _rows(call: Call) -> list[Data]:
    rows = [
        {**row, "shown_name": name_of(row["person"]), "since": datetime.fromisoformat(row["since"])}
        for row in all_rows(call, "coordinators", given={})
    ]
    return sorted(rows, key=lambda row: row["organisation"].casefold())


def _show(call: Call, said: dict[str, str], errors: Errors, done: str = "") -> Response:
    context: Data = {"rows": _rows(call), "said": said, "errors": errors, "done": done}
    return show(call, "team_coordinators.html", 422 if errors else 200, **context)
