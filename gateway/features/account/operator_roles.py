"""The operators' page of roles: who has which since when and by whom, giving one, and taking it."""

from datetime import datetime
from typing import Final

from werkzeug.wrappers import Response

from gateway.parts.sign_ins import FOR_OPERATORS, key_of, once, show
from gateway.parts.team_views import all_rows, name_of
from gateway.projection.call import Call
from gateway.projection.lists import is_then
from gateway.projection.read_model import Data
from gateway.web.pages.field_errors import EMAIL
from gateway.web.pages.forms import typed
from gateway.web.pages.layout import go
from gateway.web.routing import page_routes
from services.registration.schemas import ROLES
from services.runtime.refusals import Invalid, NotFound, Refusal

routes = page_routes("operator_roles", sign_in=FOR_OPERATORS, private=True)
FACILITATOR: Final = "facilitator"
CALLED: Final = {"operator": "Operator", "team": "Team", FACILITATOR: "Facilitator"}
DONE: Final = {
    "given": "Role given. Tell them: they can sign in with that email address.",
    "removed": "Role removed. They are signed out everywhere.",
}
IN_THE_WAY: Final = {  # by the code of a refusal: the field, and what to say at it
    "own-role": ("email", "You cannot give a role to yourself. Ask someone else who can"),
    "session-cancelled": ("session", "This session is cancelled. Choose another one"),
    "session-finished": ("session", "This session was over two weeks ago. Choose another one"),
    NotFound.code: ("session", "Choose a session from the list"),
}


@routes.route("GET", "/operator/roles", "Roles", requires="operator", query=("done",))
def show_roles(call: Call) -> Response:
    """Everyone who has a role, with a form to give one."""
    return _show(call, done=DONE.get(call.query().get("done", ""), ""))


@routes.route("POST", "/operator/roles", "Give a role", requires="operator")
def give_role(call: Call) -> Response:
    """Leads to the list; or says at the field what is in the way."""
    said = typed(call, "email", "role", "session")
    if said["role"] not in CALLED:
        return _show(call, 422, said=said, errors={"role": "Choose a role"})
    if said["role"] == FACILITATOR and not said["session"]:
        return _show(call, 422, said=said, errors={"session": "Choose a session from the list"})
    email, key = said["email"].strip(), key_of(call)
    try:
        if said["role"] == FACILITATOR:
            named = {"slug": said["session"], "given": {"email": email}, "key": key}
            once(lambda: call.registration("name_facilitator", **named))
        else:
            given = {"given": {"email": email, "role": said["role"]}, "key": key}
            once(lambda: call.registration("give_role", **given))
    except Refusal as refusal:
        if refusal.code == Invalid.code:
            return _show(call, 422, said=said, errors={"email": EMAIL})
        if refusal.code not in IN_THE_WAY:
            raise
        field, message = IN_THE_WAY[refusal.code]
        return _show(call, 409, said=said, errors={field: message})
    return go("operator_roles.show_roles", done="given")


@routes.route("GET", "/operator/roles/{id}/remove", "Remove a role", requires="operator")
def show_remove(call: Call) -> Response:
    """Says what it means, with a button."""
    rows = _rows(call)
    found = next((row for row in rows if row["id"] == call.path["id"]), None)
    if found is None:
        raise NotFound("They do not have this role any more.")
    oneself = found["person"]["id"] == call.who()["id"]
    last = found["role"] == "operator" and sum(row["role"] == "operator" for row in rows) == 1
    return show(call, "operator_role_remove.html", row=found, oneself=oneself, last=last)


@routes.route("POST", "/operator/roles/{id}/remove", "Remove a role", requires="operator")
def remove(call: Call) -> Response:
    """Leads to the list, also where it was removed already."""
    id = call.path["id"]
    found = next((row for row in _rows(call) if row["id"] == id), None)
    if found is None:
        return go("operator_roles.show_roles", done="removed")
    try:
        if found["role"] == FACILITATOR:
            call.registration("take_back_facilitator", slug=found["session"], id=id)
        else:
            call.registration("take_role", id=id)
    except Refusal as refusal:
        if refusal.code != NotFound.code:
            raise
    return go("operator_roles.show_roles", done="removed")


def _rows(call: Call) -> list[Data]:
    """Return who has which role: operators, the team, and who facilitates a session now."""
    roles = [_seen(row, row["given_by"]) for row in all_rows(call, "roles")]
    there = call.model.sessions
    facilitators = [
        {
            **_seen({**row, "role": FACILITATOR}, row["named_by"]),
            "title": there[row["session"]].data["title"] if row["session"] in there else row["session"],
        }
        for row in all_rows(call, "all_facilitators")
    ]
    return sorted([*roles, *facilitators], key=lambda row: (*CALLED,).index(row["role"]))


def _seen(row: Data, by: Data | None) -> Data:
    since = row["since"]
    moment = datetime.fromisoformat(since) if since else None
    return {
        "title": "",
        **row,
        "called": name_of(row["person"]),
        "said": CALLED[row["role"]],
        "since": moment,
        "by": by,
    }


def _show(
    call: Call,
    status: int = 200,
    *,
    said: dict[str, str] | None = None,
    errors: dict[str, str] | None = None,
    done: str = "",
) -> Response:
    coming = [
        session
        for session in call.model.sessions.values()
        if session.data["status"] != "cancelled" and is_then(session, "upcoming", call.now)
    ]
    context: Data = {
        "rows": _rows(call),
        "said": said or {"email": "", "role": "", "session": ""},
        "roles": [*reversed(ROLES), FACILITATOR],
        "called": CALLED,
        "sessions": sorted(coming, key=lambda session: (session.starts_at, session.data["slug"])),
        "address": call.app.settings.public_url,
    }
    return show(call, "operator_roles.html", status, errors=errors or {}, done=done, **context)
