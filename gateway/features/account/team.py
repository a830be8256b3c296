"""The team's page of its colleagues: who is in the team, adding someone, and removing them."""

from datetime import datetime
from typing import Final

from werkzeug.wrappers import Response

from gateway.parts.sign_ins import FOR_THE_TEAM, key_of, once, show
from gateway.parts.team_views import all_rows, name_of
from gateway.projection.call import Call
from gateway.projection.read_model import Data
from gateway.web.pages.field_errors import EMAIL
from gateway.web.pages.forms import typed
from gateway.web.pages.layout import go
from gateway.web.routing import page_routes
from services.runtime.refusals import Invalid, NotFound, Refusal

routes = page_routes("team_colleagues", sign_in=FOR_THE_TEAM, private=True)
DONE: Final = {
    "added": "Added to the team. Tell them: they can sign in with that email address.",
    "removed": "Removed from the team, and signed out everywhere.",
}


@routes.route("GET", "/team/colleagues", "Colleagues", requires="team", query=("done",))
def show_colleagues(call: Call) -> Response:
    """Who is in the team, with a form to add someone."""
    return _show(call, done=DONE.get(call.query().get("done", ""), ""))


@routes.route("POST", "/team/colleagues", "Add a colleague", requires="team")
def add_colleague(call: Call) -> Response:
    """Leads to the list."""
    email = typed(call, "email")["email"].strip()
    named = {"given": {"email": email, "role": "team"}, "key": key_of(call)}
    try:
        once(lambda: call.registration("give_role", **named))
    except Refusal as refusal:
        if refusal.code != Invalid.code:
            raise
        return _show(call, 422, email=email, error=EMAIL)
    return go("team_colleagues.show_colleagues", done="added")


@routes.route("GET", "/team/colleagues/{id}/remove", "Remove a colleague", requires="team")
def show_remove(call: Call) -> Response:
    """Says what it means, with a button."""
    there = colleagues(call)
    found = next((row for row in there if row["id"] == call.path["id"]), None)
    if found is None:
        raise NotFound("They are not in the team any more.")
    oneself = found["person"]["id"] == call.who()["id"]
    return show(call, "team_colleague_remove.html", row=found, oneself=oneself, last=len(there) == 1)


@routes.route("POST", "/team/colleagues/{id}/remove", "Remove a colleague", requires="team")
def remove(call: Call) -> Response:
    """Leads to the list, also where they were removed already."""
    try:
        call.registration("take_role", id=call.path["id"])
    except Refusal as refusal:
        if refusal.code != NotFound.code:
            raise
    return go("team_colleagues.show_colleagues", done="removed")


def colleagues(call: Call) -> list[Data]:
    """Return who is in the team, in the order in which they joined it."""
    return [_seen(row) for row in all_rows(call, "roles") if row["role"] == "team"]


def _seen(row: Data) -> Data:
    since = row["since"]
    return {**row, "called": name_of(row["person"]), "since": datetime.fromisoformat(since) if since else None}


def _show(call: Call, status: int = 200, *, email: str = "", error: str = "", done: str = "") -> Response:
    context: Data = {"rows": colleagues(call), "email": email, "done": done, "address": call.app.settings.public_url}
    return show(call, "team_colleagues.html", status, errors={"email": error} if error else {}, **context)
