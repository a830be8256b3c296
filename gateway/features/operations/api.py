"""For those who keep it running: health, metrics, version, and the API's own description."""

from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST
from werkzeug.wrappers import Response

from gateway.projection import response_schemas
from gateway.projection.call import Call
from gateway.web import conditional, responses
from gateway.web.routing import Routes
from services.runtime.refusals import Refusal
from services.runtime.version import headrow_version

about = Routes("api.about", "About")
routes = Routes("operations", "Operations", prefix="")
SERVICES = ("catalogue", "registration", "notifications", "community")
KINDS = ("programmes", "sessions", "speakers", "materials")
SECONDS = 1.0
NO_STORE = {"Cache-Control": "no-store"}


@routes.route("GET", "/health/live", "Is the process alive?", requires="anyone", returns=response_schemas.Health)
def live(call: Call) -> Response:
    """Says nothing of what the process needs: restarting it would not mend that."""
    return Response(b'{"status":"ok"}', 200, NO_STORE, content_type="application/json")


@routes.route("GET", "/health/ready", "Can requests be served?", requires="anyone", returns=response_schemas.Health)
def ready(call: Call) -> Response:
    """503 where a part is out, naming it."""
    parts = {name: _service(call, name) for name in SERVICES}
    asked = {name: part["ok"] for name, part in parts.items()}
    parts["bus"] = {"ok": any(asked.values())}  # every answer came over it
    parts["read_model"] = {"ok": call.model.fresh}
    out = sorted(name for name, part in parts.items() if not part["ok"])
    content = responses.to_json({"status": "out" if out else "ok", "out": out, "parts": parts})
    headers = {**NO_STORE, **({"Retry-After": "2"} if out else {})}
    return Response(content, 503 if out else 200, headers, content_type="application/json")


def _service(call: Call, name: str) -> dict[str, Any]:
    """Return how a service is. What it has waiting is for the metrics: anybody may read this."""
    try:
        report = getattr(call.services, name).call("health", timeout=SECONDS).value
    except Refusal as refusal:
        call.app.metrics.see_service(name, None)
        return {"ok": False, "detail": "does not answer" if refusal.code == "unavailable" else "answers with an error"}
    call.app.metrics.see_service(name, report)
    return {"ok": True}


@routes.route("GET", "/metrics", "Metrics for Prometheus", requires="monitoring", media="text/plain")
def metrics(call: Call) -> Response:
    """For an operator, or from the machine itself."""
    for name in SERVICES:
        _service(call, name)
    things = {kind: len(call.model.all(kind)) for kind in KINDS}
    call.app.metrics.see_model(things, fresh=call.model.fresh)
    return Response(call.app.metrics.written(), 200, NO_STORE, content_type=CONTENT_TYPE_LATEST)


@about.route("GET", "/version", "Which Headrow is this?", requires="anyone", returns=response_schemas.Version)
def read_version(call: Call) -> Response:
    """And which API."""
    content = responses.to_json({"name": "headrow", "version": headrow_version(), "api": "v1"})
    return responses.single(call, content, conditional.tag(content), personal=False)


@about.route("GET", "/openapi.json", "This document", requires="anyone")
def openapi(call: Call) -> Response:
    """OpenAPI 3.1."""
    content = call.app.openapi
    return responses.single(call, content, conditional.tag(content), personal=False)


@about.route("GET", "/docs", "This document, to read", requires="anyone", media="text/html")
def docs(call: Call) -> Response:
    """Made here from the same document."""
    return call.app.pages.docs(call)
