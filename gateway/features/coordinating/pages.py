"""What someone coordinates: their organisations, and the places of those of their people who agreed to it."""

from datetime import datetime
from typing import Any, Final

from werkzeug.wrappers import Response

from gateway.parts.team_views import COLOURS, STATES, all_rows
from gateway.projection.call import Call
from gateway.projection.read_model import Data
from gateway.web.pages.layout import go
from gateway.web.routing import SignIn, page_routes
from services.runtime.refusals import NotFound

HEADING: Final = "Your organisation"
routes = page_routes("coordinating", sign_in=SignIn(HEADING, "to see it"), private=True)


@routes.route("GET", "/coordinating", HEADING, requires="person")
def show_organisations(call: Call) -> Response:
    """The organisations that they coordinate; leads to the only one."""
    rows = call.registration("coordinated").value["items"]
    if len(rows) == 1:
        return go("coordinating.show_places", id=rows[0]["id"])
    return call.app.pages.show_form(call, "coordinating.html", rows=rows)


@routes.route("GET", "/coordinating/{id}", "Places of your people", requires="coordinator")
def show_places(call: Call) -> Response:
    """The places of those who agreed to it: what is to come first, and then what is over."""
    rows = [_seen(row) for row in all_rows(call, "shared_places", id=call.path["id"])]
    rows.sort(key=lambda row: (row["starts_at"], row["session"], row["name"] or ""))
    coming = [row for row in rows if row["ends_at"] > call.now]
    over = [row for row in reversed(rows) if row["ends_at"] <= call.now]
    context: Data = {"organisation": organisation_of(call), "parts": [("Coming up", coming), ("Over", over)]}
    return call.app.pages.show_form(call, "coordinating_places.html", **context)


def organisation_of(call: Call) -> dict[str, Any]:
    """Return the organisation that the address names. Raises NotFound."""
    for row in call.registration("coordinated").value["items"]:
        if row["id"] == call.path["id"]:
            return dict(row)
    raise NotFound("You do not coordinate this organisation.")


def _seen(row: Data) -> Data:
    moments = {name: datetime.fromisoformat(row[name]) for name in ("starts_at", "ends_at")}
    return {**row, **moments, "shown_state": STATES[row["state"]], "colour": COLOURS[row["state"]]}
