"""Traces: what a request led to in each service that it came through, for a collector of OpenTelemetry. Off by default.

Whoever has something to trace looks at `on` first: while that is False nothing here is called, and nothing of
OpenTelemetry is imported. A trace begins with a request from outside; what a service does by itself begins none.
"""

import logging
import re
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

from services.runtime import correlation
from services.runtime.refusals import Refusal
from services.runtime.version import headrow_version

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.trace import Span as OtelSpan
    from opentelemetry.trace import Tracer

on = False
NOTHING = nullcontext(None)  # in place of a span, while it is off

PATH = "/v1/traces"  # where a collector takes them, as OTLP has it
FLUSH = 1.5  # seconds that a stop may take to hand over what is left
TELL_EVERY = 60.0  # seconds between two lines that say the same of a collector
WELL_FORMED = re.compile("00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
TALKATIVE = ("opentelemetry.sdk._shared_internal", "opentelemetry.exporter.otlp.proto.http.trace_exporter")

DEFECTS = ("unavailable", "internal")  # of all refusals, those that are no answer

Attributes = Mapping[str, str | int]


def accepted(candidate: object) -> str | None:
    """Return `candidate` if it is a `traceparent` of W3C Trace Context, version 00, and None if it is anything else."""
    return candidate if isinstance(candidate, str) and WELL_FORMED.fullmatch(candidate) else None


class Span:
    """Something that is being done: what is told of it must name nobody."""

    def __init__(self, span: "OtelSpan") -> None:
        self._span = span

    def tell(self, attributes: Attributes, name: str | None = None) -> None:
        """Add attributes, and give it another name if one is given."""
        self._span.set_attributes(dict(attributes))
        if name is not None:
            self._span.update_name(name)

    def fail(self, kind: str) -> None:
        """Mark it as failed. Only the kind is told: what an error says may be about a person."""
        from opentelemetry.trace import StatusCode

        self._span.set_attribute("error.type", kind)
        self._span.set_status(StatusCode.ERROR)


@contextmanager
def span(
    service: str, kind: str, name: str, attributes: Attributes, *, after: str | None = None, begins: bool = False
) -> Iterator[Span | None]:
    """Trace what is done inside as a part of `service`; `kind` is server, client, producer, consumer or internal.

    It belongs to what the traceparent `after` names or else to what is traced around it. Where there is neither, it
    `begins` a trace, or is left out: then None is yielded.
    """
    context = _context(after)
    if not begins and not _is_traced(context):
        yield None
        return
    how = {"context": context, "kind": _kind(kind), "attributes": _with_correlation(attributes)}
    with (
        _sending()
        .tracer(service)
        .start_as_current_span(name, record_exception=False, set_status_on_exception=False, **how) as current
    ):
        traced = Span(current)
        try:
            yield traced
        except Refusal as refusal:
            if refusal.code in DEFECTS:
                traced.fail(refusal.code)
            raise
        except BaseException as error:
            traced.fail(type(error).__name__)
            raise


@contextmanager
def continuing(traceparent: str | None) -> Iterator[None]:
    """Have what is done inside belong to what a traceparent names; without one, to what is traced around it."""
    if traceparent is None:
        yield
        return
    from opentelemetry.context import attach, detach

    token = attach(_context(traceparent))
    try:
        yield
    finally:
        detach(token)


def record(service: str, kind: str, name: str, attributes: Attributes, *, after: str | None, began: int) -> None:
    """Trace what has just ended and began at `began`, in nanoseconds since 1970, if `after` says what it belongs to."""
    context = _context(after)
    if _is_traced(context):
        _sending().tracer(service).start_span(
            name, context, _kind(kind), attributes=dict(attributes), start_time=began
        ).end()


def carried() -> str | None:
    """Return the traceparent by which what follows from this later, or elsewhere, belongs to it; None if untraced."""
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    carrier: dict[str, str] = {}
    TraceContextTextMapPropagator().inject(carrier)
    return carrier.get("traceparent")


def start(collector: str) -> None:
    """Send traces to the collector at this address from now on; with an empty one, they stay off."""
    global on, _sends
    if collector and not on:
        _sends = _Sending(collector if collector.endswith(PATH) else collector + PATH)
        on = True


def stop() -> None:
    """Hand over what is left, for a second or two at most: what the collector has not taken by then is lost."""
    global on
    if on:
        on = False
        flushed = threading.Event()  # a join with a time limit, of eventlet's green threads, raises on Python 3.13

        def flush() -> None:
            _sending().processor.shutdown()
            flushed.set()

        threading.Thread(target=flush, daemon=True).start()
        flushed.wait(FLUSH)


class _Sending:
    """Collects what has ended and sends it, from a thread of its own. It holds 2,048 spans; the oldest are dropped.

    The name of a service belongs to a provider: several services in one process have one each.
    """

    def __init__(self, endpoint: str) -> None:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.trace.export import BatchSpanProcessor

        self._tracers: dict[str, Tracer] = {}
        self.processor = BatchSpanProcessor(OTLPSpanExporter(endpoint=endpoint))
        for name in TALKATIVE:
            logging.getLogger(name).addFilter(_Seldom())

    def tracer(self, service: str) -> "Tracer":
        """Return what makes the spans of a service."""
        if service not in self._tracers:
            self._tracers[service] = self._new(service)
        return self._tracers[service]

    def _new(self, service: str) -> "Tracer":
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider

        version = headrow_version()
        about = {"service.namespace": "headrow", "service.name": service, "service.version": version}
        provider = TracerProvider(resource=Resource.create(about), shutdown_on_exit=False)
        provider.add_span_processor(self.processor)
        return provider.get_tracer("headrow", version)


class _Seldom(logging.Filter):
    """Lets a line through only once a minute: a collector that is away is no news every few seconds."""

    def __init__(self) -> None:
        super().__init__()
        self._told: dict[str, float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        now = time.monotonic()
        if now - self._told.get(str(record.msg), -TELL_EVERY) < TELL_EVERY:
            return False
        self._told[str(record.msg)] = now
        return True


_sends: _Sending | None = None


def _sending() -> _Sending:
    assert _sends is not None
    return _sends


def _context(after: str | None) -> "Context":
    """Return the context that a traceparent names, or else the one around."""
    from opentelemetry.context import Context, get_current
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    if after is None:
        return get_current()
    return TraceContextTextMapPropagator().extract({"traceparent": after}, Context())


def _is_traced(context: "Context") -> bool:
    from opentelemetry.trace import get_current_span

    return get_current_span(context).get_span_context().is_valid


def _kind(name: str) -> Any:
    from opentelemetry.trace import SpanKind

    return SpanKind[name.upper()]


def _with_correlation(attributes: Attributes) -> dict[str, str | int]:
    correlation_id = correlation.current()
    return {**attributes, **({"headrow.correlation_id": correlation_id} if correlation_id else {})}
