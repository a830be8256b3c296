"""The operators' page: how each service is, how far behind, what was parked and why, and how much is asked of us."""

import re
from datetime import datetime
from typing import Any, Final

from werkzeug.wrappers import Response

from gateway.features.operations.api import SECONDS, SERVICES, Report, ask_all
from gateway.parts.sign_ins import FOR_OPERATORS, show
from gateway.projection.call import Call
from gateway.projection.read_model import Data
from gateway.web.call import Peer
from gateway.web.pages.layout import go
from gateway.web.routing import UUID, page_routes
from services.runtime.refusals import Invalid, Refusal

routes = page_routes("operator", sign_in=FOR_OPERATORS, private=True)
DOES: Final = {"retry": "retry_parked", "drop": "drop_parked"}
DONE: Final = {
    "retry": "The event is handled again. If it fails again, it comes back here.",
    "drop": "The event is dropped, and what was in it is gone.",
    "none": "That event is not parked any more. Nothing has changed.",
}


@routes.route("GET", "/operator", "How it runs", requires="operator", query=("done",))
def show_operator(call: Call) -> Response:
    """Health, lag, parked events, messages and rates."""
    services = [_service(call, name, report) for name, report in ask_all(call.services).items()]
    parked = [{**event, "service": service["name"]} for service in services for event in service["parked"]]
    done = DONE.get(call.query().get("done", ""))
    messages = next((service["messages"] for service in services if service["messages"]), None)
    rates = call.app.metrics.rates()
    context: Data = {"services": services, "parked": parked, "done": done, "messages": messages, "rates": rates}
    return show(call, "operator.html", fresh=call.model.fresh, **context)


@routes.route("POST", "/operator", "Try an event again, or drop it", requires="operator")
def decide(call: Call) -> Response:
    """Has a parked event handled again, or shows what dropping it means and drops it; a second press does no more."""
    does, name, id = (call.given.get(field, "") for field in ("do", "service", "id"))
    if name not in SERVICES or not _is_id(id) or does not in (*DOES, "ask"):
        raise Invalid.field("do", "not-a-button")
    peer: Peer = getattr(call.services, name)
    if does == "ask":
        event = next((event for event in _parked(peer)["items"] if event["id"] == id), None)
        return (
            show(call, "operator_drop.html", event=event, service=name)
            if event
            else go("operator.show_operator", done="none")
        )
    changed = peer.call(DOES[does], ids=[id]).value
    return go("operator.show_operator", done=does if changed else "none")


def _service(call: Call, name: str, report: Report) -> dict[str, Any]:
    """Return how a service is, as far as it answers."""
    found: dict[str, Any] = {"name": name, "report": None, "parked": [], "total": 0, "messages": None}
    if isinstance(report, Refusal):
        return found
    found["report"] = report
    try:
        parked = _parked(getattr(call.services, name))
    except Refusal:
        return found
    items = [{**event, "stored_at": datetime.fromisoformat(event["stored_at"])} for event in parked["items"]]
    return {**found, "parked": items, "total": parked["total"], "messages": report.get("messages")}


def _parked(peer: Peer) -> Data:
    told: Data = peer.call("parked", timeout=SECONDS).value
    return told


def _is_id(text: str) -> bool:
    return re.fullmatch(UUID, text) is not None
