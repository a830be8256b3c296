"""The pages of the audit record: for operators with filters, and for the team what is of one person."""

from datetime import datetime
from typing import Any, Final

from werkzeug.wrappers import Response

from gateway.features.audit.api import QUERY
from gateway.parts.sign_ins import FOR_OPERATORS, FOR_THE_TEAM, show
from gateway.projection.call import Call
from gateway.projection.read_model import Data
from gateway.web.pages.field_errors import Asked, in_form
from gateway.web.pages.paging import next_page
from gateway.web.routing import page_routes
from services.registration.schemas import AUDIT_ACTIONS
from services.runtime.refusals import Invalid, Refusal

routes = page_routes("audit", private=True)
AT_ONCE: Final = 50
ACTIONS: Final = {
    "signed-in": "Signed in",
    "sign-in-refused": "Wrong sign-in code",
    "sign-ins-ended": "Signed out elsewhere",
    "address-changed": "Email address changed, or changed back",
    "second-factor-set": "Authenticator app set up",
    "accounts-merged": "Merged with another account",
    "merge-undone": "Merge of two accounts undone",
    "second-factor-removed": "Authenticator app removed",
    "identity-linked": "Way to sign in added",
    "identity-removed": "Way to sign in removed",
    "token-made": "Token made",
    "role-given": "Role given",
    "role-taken": "Role removed",
    "facilitator-named": "Facilitator added",
    "facilitator-taken-back": "Facilitator removed",
    "coordinator-named": "Coordinator added",
    "coordinator-taken-back": "Coordinator removed",
    "sharing-agreed": "Agreed that coordinators see their bookings",
    "sharing-ended": "Ended that coordinators see their bookings",
    "data-seen": "Data seen",
    "data-exported": "Data downloaded",
    "data-changed": "Data changed",
    "erased": "Account deleted",
}
ACTORS: Final = {"command": "The headrow command", "system": "Headrow itself", "unknown": "Not known"}
ASKED: Final = {
    "person": Asked(ask="Enter a person’s ID, or choose someone in the list"),
    "action": Asked(ask="Choose what was done from the list"),
    "from": Asked(ask="Enter the first day as year, month and day, such as 2026-04-01"),
    "to": Asked(ask="Enter the last day as year, month and day, and not before the first"),
}


@routes.route(
    "GET", "/operator/audit", "Audit record", requires="operator", sign_in=FOR_OPERATORS, query=(*QUERY, "cursor")
)
def show_audit(call: Call) -> Response:
    """All of it, the latest first, with filters by person, by what was done, and by day."""
    query = call.query()
    asked = {name: query.get(name, "").strip() for name in QUERY}
    wanted = {name: text for name, text in asked.items() if text}
    context: Data = {"asked": asked, "actions": {name: ACTIONS[name] for name in AUDIT_ACTIONS}}
    try:
        told = _page(call, wanted)
    except Refusal as refusal:
        if refusal.code != Invalid.code:
            raise
        errors = in_form(refusal, ASKED, asked)
        return show(call, "operator_audit.html", 422, errors=errors, rows=[], next=None, **context)
    after = next_page("audit.show_audit", told["next"], **wanted)
    return show(call, "operator_audit.html", errors={}, rows=_rows(told), next=after, **context)


@routes.route(
    "GET", "/team/people/{id}/audit", "Record of a person", requires="team", sign_in=FOR_THE_TEAM, query=("cursor",)
)
def show_person(call: Call) -> Response:
    """What was done with one person's data, and what they did."""
    id = call.path["id"]
    told = _page(call, {"person": id})
    after = next_page("audit.show_person", told["next"], id=id)
    return show(call, "team_audit.html", id=id, rows=_rows(told), next=after)


def _page(call: Call, wanted: dict[str, str]) -> Data:
    told: Data = call.registration("audit", given=wanted, cursor=call.query().get("cursor"), limit=AT_ONCE).value
    return told


def _rows(told: Data) -> list[dict[str, Any]]:
    """Return the rows as a page has them: in words, and with the names that people have now."""
    return [
        {
            **row,
            "at": datetime.fromisoformat(row["at"]),
            "what": ACTIONS.get(row["action"], row["action"]),
            "by_person": row["actor"] not in ACTORS,
            "by": row["actor_name"] or ACTORS.get(row["actor"], row["actor"]),
        }
        for row in told["items"]
    ]
