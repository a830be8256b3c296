"""What the bus traces of itself: calls, the methods that answer them, what is published and what is handled.

Nobody calls this unless `tracing.on`. Names are those of OpenTelemetry's semantic conventions:
https://opentelemetry.io/docs/specs/semconv/rpc/ and https://opentelemetry.io/docs/specs/semconv/messaging/
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any
from urllib.parse import urlsplit

from services.bus.calls import Reply
from services.bus.envelope import Envelope, NotAnEnvelope
from services.bus.topology import EVENTS, queue_of
from services.runtime import tracing
from services.runtime.settings import Settings

_broker: dict[str, str] = {}  # what is told of it with each event


def start(settings: Settings) -> None:
    """Begin to trace, where the settings name a collector."""
    tracing.start(settings.traces)
    if tracing.on and not settings.embedded:
        _broker.update({"messaging.system": "rabbitmq", "server.address": urlsplit(settings.bus).hostname or ""})
    elif tracing.on:
        _broker["messaging.system"] = "headrow"  # the one in memory


def calling(service: str, peer: str, method: str) -> AbstractContextManager[tracing.Span | None]:
    """Trace a call of `service` to another one, from before it waits for its turn to the answer."""
    return tracing.span(service, "client", f"{peer}/{method}", _rpc(peer, method))


def answered(service: str, method: str, traceparent: str | None, answer: Callable[[], Reply]) -> Reply:
    """Return the answer of a method, and trace how it came to it."""
    with answering(service, method, traceparent) as span:
        reply = answer()
        tell(span, reply)
        return reply


def answering(service: str, method: str, traceparent: str | None) -> AbstractContextManager[tracing.Span | None]:
    """Trace what is done inside as the answering of a method."""
    return tracing.span(service, "server", f"{service}/{method}", _rpc(service, method), after=traceparent)


def tell(span: tracing.Span | None, reply: Reply) -> None:
    """Tell of an answer that was traced whether it was a refusal, and which."""
    if span is not None and reply.refusal is not None:
        span.tell({"rpc.response.status_code": reply.refusal.code})
        if reply.refusal.code in tracing.DEFECTS:
            span.fail(reply.refusal.code)


def published(service: str, rows: Sequence[Any], began: int) -> None:
    """Trace rows of the outbox that went out together, from when they did to when the broker had confirmed them all."""
    for row in rows:
        try:
            event = Envelope.from_json(row.envelope)
        except NotAnEnvelope:  # its readers park it, and say so; the relay must go on
            continue
        attributes = {
            **_broker,
            "messaging.operation.type": "send",
            "messaging.operation.name": "publish",
            "messaging.destination.name": f"{EVENTS}:{row.type}",
            "messaging.rabbitmq.destination.routing_key": row.type,
            **_event(event),
        }
        tracing.record(service, "producer", f"publish {event.type}", attributes, after=event.traceparent, began=began)


def handled(service: str, event: Envelope, handle: Callable[[], BaseException | None]) -> BaseException | None:
    """Handle an event and trace it; return what went wrong, if anything."""
    attributes = {
        **_broker,
        "messaging.operation.type": "process",
        "messaging.operation.name": "process",
        "messaging.destination.name": queue_of(service),
        **_event(event),
    }
    name = f"process {event.type}"
    with tracing.span(service, "consumer", name, attributes, after=event.traceparent) as span:
        failure = handle()
        if span is not None and failure is not None:
            span.fail(type(failure).__name__)
        return failure


def _rpc(service: str, method: str) -> dict[str, str]:
    return {"rpc.system.name": "nameko", "rpc.method": f"{service}/{method}"}


def _event(event: Envelope) -> dict[str, str]:
    known = {"messaging.message.id": event.id, "headrow.event": event.type}
    return {**known, **({"headrow.correlation_id": event.correlation_id} if event.correlation_id else {})}
