"""For those who keep it running: health, metrics, version, and the API's own description."""

from datetime import UTC, timedelta
from threading import Thread
from typing import Any, Final

from prometheus_client import CONTENT_TYPE_LATEST
from werkzeug.wrappers import Response

from gateway.projection import response_schemas
from gateway.projection.call import Call
from gateway.projection.read_model import ReadModel
from gateway.web import conditional, responses
from gateway.web.call import Services
from gateway.web.metrics import Metrics
from gateway.web.routing import Routes
from services.bus.health import WORRYING_LAG
from services.bus.metrics import BOXES
from services.runtime.refusals import NotFound, Refusal, Unavailable
from services.runtime.version import headrow_version

about = Routes("api.about", "About")
routes = Routes("operations", "Operations", prefix="")
SERVICES = ("catalogue", "registration", "notifications", "community")
KINDS = ("programmes", "sessions", "speakers", "materials")
SECONDS = 0.8  # that a service has to say how it is: nobody is to wait for a second to hear that one is out
Report = dict[str, Any] | Refusal
NO_STORE = {"Cache-Control": "no-store"}
SECURITY_TXT: Final = "/.well-known/security.txt"
SECURITY_TXT_IS_GOOD_FOR: Final = timedelta(days=90)


@routes.route("GET", "/health/live", "Is the process alive?", requires="anyone", returns=response_schemas.Health)
def live(call: Call) -> Response:
    """Says nothing of what the process needs: restarting it would not mend that."""
    return Response(b'{"status":"ok"}', 200, NO_STORE, content_type="application/json")


@routes.route("GET", "/health/ready", "Can requests be served?", requires="anyone", returns=response_schemas.Health)
def ready(call: Call) -> Response:
    """200 where this gateway can answer reads, whatever else is out; each part stands beside it."""
    parts = _parts(call)
    return _health(parts, 200 if call.model.ready else 503)


@routes.route("GET", "/health/all", "Is every part well?", requires="anyone", returns=response_schemas.Health)
def whole(call: Call) -> Response:
    """200 where every part is well: it answers, and is not far behind. 503 otherwise, naming it."""
    parts = _parts(call)
    return _health(parts, 200 if all(part["ok"] for part in parts.values()) else 503)


def _health(parts: dict[str, dict[str, Any]], status: int) -> Response:
    out = sorted(name for name, part in parts.items() if not part["ok"])
    known = "out" if status != 200 else "degraded" if out else "ok"
    content = responses.to_json({"status": known, "out": out, "parts": parts})
    headers = {**NO_STORE, **({"Retry-After": "2"} if status != 200 else {})}
    return Response(content, status, headers, content_type="application/json")


def _parts(call: Call) -> dict[str, dict[str, Any]]:
    """Return `{ok, detail}` of each part. What a service has waiting is for the metrics: anybody may read this."""
    reports = ask_all(call.services)
    parts = {name: _part(report) for name, report in reports.items()}
    parts["bus"] = {"ok": any(not isinstance(report, Refusal) for report in reports.values())}  # all came over it
    parts["read_model"] = {"ok": True} if call.model.fresh else {"ok": False, "detail": "may be out of date"}
    return parts


def _part(report: Report) -> dict[str, Any]:
    if isinstance(report, Refusal):
        unanswered = report.code == Unavailable.code
        return {"ok": False, "detail": "does not answer" if unanswered else "answers with an error"}
    if report.get("full"):  # an older service does not tell it
        return {"ok": False, "detail": "has no room left to write"}
    if max(report[box]["lag_seconds"] for box in BOXES) > WORRYING_LAG:
        return {"ok": False, "detail": "is behind with its events"}
    return {"ok": True}


def ask_all(services: Services) -> dict[str, Report]:
    """Return how each service is, or why it does not say. All are asked at once, which takes a second at most."""
    reports: dict[str, Report] = {}

    def ask(name: str) -> None:
        try:
            reports[name] = getattr(services, name).call("health", timeout=SECONDS).value
        except Refusal as refusal:
            reports[name] = refusal

    asking = [Thread(target=ask, args=(name,)) for name in SERVICES]
    for thread in asking:
        thread.start()
    for thread in asking:
        thread.join()
    return {name: reports[name] for name in SERVICES}


@routes.route("GET", SECURITY_TXT, "Where to report a weakness", requires="anyone", media="text/plain")
def security_txt(call: Call) -> Response:
    """As RFC 9116 describes it. It expires by itself, so that no copy of it is believed for ever."""
    settings = call.app.settings
    if not settings.security_contact:
        raise NotFound("There is nothing at this address.")
    expires = (call.now + SECURITY_TXT_IS_GOOD_FOR).astimezone(UTC)
    language = settings.language.partition("_")[0]
    fields = {
        "Contact": settings.security_contact,
        "Expires": f"{expires:%Y-%m-%d}T00:00:00Z",
        "Preferred-Languages": ", ".join(dict.fromkeys((language, "en"))),
        "Canonical": settings.public_url + SECURITY_TXT,
    }
    content = "".join(f"{name}: {value}\n" for name, value in fields.items())
    return Response(content, 200, {"Cache-Control": "public, max-age=3600"}, content_type="text/plain; charset=utf-8")


@routes.route("GET", "/metrics", "Metrics for Prometheus", requires="monitoring", media="text/plain")
def metrics(call: Call) -> Response:
    """For an operator, or from the machine itself."""
    measured = measure(call.app.metrics, call.model, call.services)
    return Response(measured.written(), 200, NO_STORE, content_type=CONTENT_TYPE_LATEST)


def measure(metrics: Metrics, model: ReadModel, services: Services) -> Metrics:
    """Have the metrics know how the services and the read model are now, and return them."""
    for name, report in ask_all(services).items():
        metrics.see_service(name, None if isinstance(report, Refusal) else report)
    metrics.see_model({kind: len(model.all(kind)) for kind in KINDS}, fresh=model.fresh)
    return metrics


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
