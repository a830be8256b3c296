"""Traces, as a collector gets them: one leads from a request to the email that it caused, and names nobody."""

import secrets
import sys
import time

import pytest

from tests.collector import Seen, collector, hanging
from tests.journeys.running import Distributed, Embedded, System, eventually
from tests.sentences import says
from tests.servers import free_port

pytestmark = pytest.mark.slow
SESSION = "maxims-in-practice"
AMINA = "amina@example.org"
BOOKED = "registration.booking_confirmed.v1"
SERVER, CLIENT, PRODUCER, CONSUMER = 2, 3, 4, 5  # kinds of spans, as OTLP numbers them
SOON = {"OTEL_BSP_SCHEDULE_DELAY": "100"}  # milliseconds between two batches
NOT_HELD_UP = 2.0  # seconds, of a machine that does much else
AT_MOST = 6.0  # seconds that a stop takes there, a collector that hangs included


@pytest.fixture(scope="module")
def collecting():
    with collector() as traces:
        yield traces


@pytest.fixture(
    scope="module",
    params=["embedded", pytest.param("distributed", marks=[pytest.mark.rabbitmq, pytest.mark.postgresql])],
)
def traced(request, collecting, tmp_path_factory):
    """Headrow with the collector, in one process and in several."""
    folder, settings = tmp_path_factory.mktemp("traced"), {"HEADROW_TRACES": collecting.url, **SOON}
    if request.param == "embedded":
        yield from _run(Embedded(folder, **settings))
        return
    brokers, databases = (request.getfixturevalue(f"{kind}_server") for kind in ("rabbitmq", "postgresql"))
    with brokers.fresh_vhost() as broker, databases.fresh_database() as database:
        yield from _run(Distributed(folder, broker, database, together=True, **settings))


def _run(system: System):
    try:
        system.start()
        yield system
    finally:
        system.stop()


def _book(system: System, address: str = AMINA, **headers: str):
    caller = system.caller(address)
    caller.http.headers.update(headers)
    answer = caller.post("/bookings", {"session": SESSION}, key=secrets.token_hex(8))
    assert answer.status_code == 201, answer.text
    system.mailed(address, says("booking_email.confirmed"))
    return answer, caller.http.headers["Authorization"].removeprefix("Bearer ")


def _new() -> tuple[str, str]:
    return secrets.token_hex(16), secrets.token_hex(8)


def test_one_trace_leads_from_the_request_to_the_email(traced, collecting):
    trace, ours = _new()
    answer, _ = _book(traced, traceparent=f"00-{trace}-{ours}-01")
    last = {("notifications", "send email"), ("community", f"process {BOOKED}")}
    eventually(lambda: last <= {(span.service, span.name) for span in collecting.spans(trace)})
    spans = collecting.spans(trace)
    request = _one(spans, "gateway", "POST /api/v1/bookings", SERVER)
    call = _one(spans, "gateway", "registration/book", CLIENT)
    method = _one(spans, "registration", "registration/book", SERVER)
    publish = _one(spans, "registration", f"publish {BOOKED}", PRODUCER)
    handling = _one(spans, "notifications", f"process {BOOKED}", CONSUMER)
    queueing = _one(spans, "notifications", "queue email", 1)
    sending = _one(spans, "notifications", "send email", CLIENT)
    chain = [request, call, method, handling, queueing, sending]
    assert [span.parent for span in chain] == [ours, *(span.id for span in chain[:-1])]
    assert publish.parent == method.id
    assert _one(spans, "community", f"process {BOOKED}", CONSUMER).parent == method.id
    assert {span.attributes["headrow.correlation_id"] for span in spans} == {answer.headers["X-Correlation-Id"]}
    assert [span for span in spans if span.failed] == []


def test_what_is_told_is_named_as_opentelemetry_names_it(traced, collecting):
    trace, ours = _new()
    _book(traced, "bea@example.org", traceparent=f"00-{trace}-{ours}-01")
    eventually(lambda: "send email" in {span.name for span in collecting.spans(trace)})
    spans = collecting.spans(trace)
    request = _one(spans, "gateway", "POST /api/v1/bookings", SERVER).attributes
    assert request["http.request.method"] == "POST"
    assert (request["http.route"], request["http.response.status_code"]) == ("/api/v1/bookings", 201)
    assert _one(spans, "registration", "registration/book", SERVER).attributes["rpc.method"] == "registration/book"
    publish = _one(spans, "registration", f"publish {BOOKED}", PRODUCER).attributes
    handling = _one(spans, "notifications", f"process {BOOKED}", CONSUMER).attributes
    assert publish["messaging.message.id"] == handling["messaging.message.id"]
    assert publish["messaging.rabbitmq.destination.routing_key"] == BOOKED
    assert _one(spans, "notifications", "send email", CLIENT).attributes["headrow.template"] == "booking_confirmed"


def test_no_trace_names_anyone(traced, collecting):
    trace, ours = _new()
    answer, token = _book(traced, "carys@example.org", traceparent=f"00-{trace}-{ours}-01")
    reference = answer.json()["reference"]
    caller = traced.caller("carys@example.org")
    assert caller.get(f"/bookings/{reference}", params={"q": "carys"}).status_code == 200
    shown = lambda: [span for span in collecting.spans() if span.name == "GET /api/v1/bookings/{reference}"]  # noqa: E731
    eventually(shown)
    eventually(lambda: "send email" in {span.name for span in collecting.spans(trace)})
    told = b"".join(collecting.bodies)
    for private in (reference, SESSION, token, "carys", "Carys", "example.org", "hospital"):
        assert private.encode() not in told


@pytest.mark.parametrize("given", ["", "00-1-2-01", f"00-{'0' * 32}-{'b' * 16}-01", f"00-{'A' * 32}-{'b' * 16}-01"])
def test_a_traceparent_that_is_not_well_formed_begins_nothing(given, traced, collecting):
    correlation_id = f"{secrets.token_hex(4)}-0000-4000-8000-000000000000"
    caller = traced.caller("dev@example.org")
    caller.get("/no/such/route", headers={"traceparent": given, "X-Correlation-Id": correlation_id})
    [span] = eventually(lambda: _of(collecting.spans(), correlation_id))
    assert (span.parent, span.name, span.attributes["http.response.status_code"]) == ("", "GET", 404)


def test_a_refusal_is_told_by_its_code_and_is_no_failure(traced, collecting):
    correlation_id = f"{secrets.token_hex(4)}-0000-4000-8000-000000000000"
    caller = traced.caller("eve@example.org")
    headers = {"X-Correlation-Id": correlation_id, "Idempotency-Key": "once"}
    refused = caller.http.post(f"{caller.url}/bookings", json={"session": "nowhere"}, headers=headers, timeout=20)
    assert refused.status_code == 404
    eventually(lambda: "POST /api/v1/bookings" in {span.name for span in _of(collecting.spans(), correlation_id)})
    spans = eventually(lambda: [s for s in _of(collecting.spans(), correlation_id) if s.service == "registration"])
    told = _one(spans, "registration", "registration/book", SERVER).attributes
    assert told["rpc.response.status_code"] == "not-found"
    assert not any(span.failed for span in _of(collecting.spans(), correlation_id))


def test_what_runs_by_itself_and_probes_are_in_no_trace(traced, collecting):
    assert traced.caller("fay@example.org").get("/me").status_code == 200
    eventually(lambda: [span for span in collecting.spans() if span.name == "GET /api/v1/me"])
    begins = {span.name for span in collecting.spans() if not span.parent}
    assert {name.partition(" ")[0] for name in begins} <= {"GET", "POST", "PATCH"}
    assert not any("/health/" in name or "/metrics" in name for name in begins)


def test_a_stop_hands_over_what_is_left(tmp_path):
    with collector() as traces:
        system = Embedded(tmp_path, HEADROW_TRACES=traces.url, OTEL_BSP_SCHEDULE_DELAY="600000")
        system.start()
        _book(system)
        assert traces.spans() == []
        assert system.stop() == {"up": 0}
        assert {"POST /api/v1/bookings", "send email"} <= {span.name for span in traces.spans()}


@pytest.mark.parametrize("how", ["away", "hanging"])
def test_a_collector_that_does_not_answer_holds_nothing_up(how, tmp_path):
    with hanging() as hangs:
        address = hangs if how == "hanging" else f"http://127.0.0.1:{free_port()}"
        system = Embedded(tmp_path, HEADROW_TRACES=address, **SOON)
        system.start()
        caller = system.caller(AMINA)
        took = [_took(lambda: caller.get("/me")) for _ in range(200)]
        _book(system)
        assert max(took) < NOT_HELD_UP
        log, began = system.processes["up"].log, time.monotonic()
        assert system.stop() == {"up": 0}
        assert time.monotonic() - began < AT_MOST
        assert len([line for line in log.read_text().splitlines() if "opentelemetry" in line or "span" in line]) <= 6


class Listing(Embedded):
    """`headrow up`, which lists in its log all modules that it imports."""

    serving = (sys.executable, "-X", "importtime", "-m", "services")


@pytest.mark.parametrize("on", [False, True])
def test_nothing_of_opentelemetry_is_imported_unless_there_is_a_collector(on, tmp_path):
    system = Listing(tmp_path, HEADROW_TRACES=f"http://127.0.0.1:{free_port()}" if on else "")
    try:
        system.start()
        _book(system)
        log = system.processes["up"].log
    finally:
        system.stop()
    imported = {line.rpartition("|")[2].strip() for line in log.read_text().splitlines() if "import time:" in line}
    assert "services.runtime.tracing" in imported
    assert any(name.startswith(("opentelemetry", "google.protobuf")) for name in imported) == on


def _one(spans: list[Seen], service: str, name: str, kind: int) -> Seen:
    found = [span for span in spans if (span.service, span.name, span.kind) == (service, name, kind)]
    assert len(found) == 1, f"{service}, {name}: {[(span.service, span.name, span.kind) for span in spans]}"
    return found[0]


def _of(spans: list[Seen], correlation_id: str) -> list[Seen]:
    return [span for span in spans if span.attributes.get("headrow.correlation_id") == correlation_id]


def _took(do) -> float:
    began = time.monotonic()
    do()
    return time.monotonic() - began
