"""What operators measure of this process: requests, the read model, and how far each service is behind."""

from collections.abc import Mapping
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector

from services.runtime import clock

BOXES = ("outbox", "inbox")
SENDS_MESSAGES = "notifications"
BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)


class Metrics:
    """The counters of one process."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._began_at = clock.now()
        ProcessCollector(registry=self._registry)
        PlatformCollector(registry=self._registry)
        self._requests = Counter(
            "headrow_http_requests", "Requests answered", ["method", "route", "status"], registry=self._registry
        )
        self._seconds = Histogram(
            "headrow_http_request_seconds", "Time to an answer", ["route"], buckets=BUCKETS, registry=self._registry
        )
        self._things = Gauge(
            "headrow_read_model_things", "What the read model holds", ["kind"], registry=self._registry
        )
        self._fresh = Gauge("headrow_read_model_fresh", "1 if no event was missed", registry=self._registry)
        self._up = Gauge("headrow_service_up", "1 if the service answers", ["service"], registry=self._registry)
        self._waiting = Gauge(
            "headrow_events_waiting", "Events not yet moved on", ["service", "box"], registry=self._registry
        )
        self._lag = Gauge(
            "headrow_events_lag_seconds", "Age of the oldest event waiting", ["service", "box"], registry=self._registry
        )
        self._parked = Gauge("headrow_events_parked", "Events given up on", ["service"], registry=self._registry)
        self._retrying = Gauge(
            "headrow_events_retrying",
            "Events that failed twice or more",
            ["service"],
            registry=self._registry,
        )
        self._missing = Gauge(
            "headrow_events_missing", "Events found missing and published again", ["service"], registry=self._registry
        )
        self._messages = MessageGauges(self._registry)

    def count(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one request. `route` is a template and never an address, so that the series stay few."""
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def see_service(self, name: str, report: dict[str, dict[str, Any]] | None) -> None:
        """Note what a service reported of itself; None if it did not answer, and its figures are not known."""
        self._up.labels(name).set(report is not None)
        if report is None:
            self._forget_service(name)
            return
        for box in BOXES:
            self._waiting.labels(name, box).set(report[box]["waiting"])
            self._lag.labels(name, box).set(report[box]["lag_seconds"])
        self._parked.labels(name).set(report["inbox"]["parked"])
        for gauge, what in ((self._retrying, "retrying"), (self._missing, "missing")):
            gauge.labels(name).set(report["inbox"].get(what, 0))  # an older service does not tell it
        if "messages" in report:
            self._messages.see(report["messages"])

    def _forget_service(self, name: str) -> None:
        for gauge in (self._waiting, self._lag):
            for box in BOXES:
                gauge.remove(name, box)
        for gauge in (self._parked, self._retrying, self._missing):
            gauge.remove(name)
        if name == SENDS_MESSAGES:
            self._messages.forget()

    def see_model(self, things: Mapping[str, int], *, fresh: bool) -> None:
        """Note how the read model is: how many things of each kind it holds."""
        self._fresh.set(fresh)
        for kind, number in things.items():
            self._things.labels(kind).set(number)

    def rates(self) -> dict[str, Any]:
        """Return `{began_at, requests, a_minute, by_status, seconds}` of this process, since it began.

        `by_status` counts by 2xx to 5xx; `seconds` is the mean time to an answer, 0 before the first.
        """
        by_status: dict[str, int] = {}
        requests, spent, answered = self._requests.collect(), 0.0, 0.0
        for sample in (sample for metric in requests for sample in metric.samples if sample.name.endswith("_total")):
            kind = f"{sample.labels['status'][0]}xx"
            by_status[kind] = by_status.get(kind, 0) + int(sample.value)
        for sample in (sample for metric in self._seconds.collect() for sample in metric.samples):
            spent += sample.value if sample.name.endswith("_sum") else 0
            answered += sample.value if sample.name.endswith("_count") else 0
        seconds = spent / answered if answered else 0.0
        count = sum(by_status.values())
        minutes = max(1.0, (clock.now() - self._began_at).total_seconds() / 60)
        rates = {"requests": count, "a_minute": count / minutes, "seconds": seconds}
        return {"began_at": self._began_at, "by_status": dict(sorted(by_status.items())), **rates}

    def written(self) -> bytes:
        """Return everything in Prometheus' text format."""
        return generate_latest(self._registry)


class MessageGauges:
    """How far the sending of messages is behind; nothing while that is not known."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._registry, self._are_shown = registry, False
        self._queued = Gauge("headrow_messages_queued", "Messages not yet sent", ["urgency"], registry=None)
        self._due = Gauge("headrow_messages_due", "Messages that may go now", registry=None)
        self._oldest = Gauge(
            "headrow_messages_oldest_due_seconds", "How long ago the oldest of them was due", registry=None
        )
        self._put_off = Gauge(
            "headrow_messages_put_off", "Messages that could not be sent and wait for the next try", registry=None
        )

    def forget(self) -> None:
        """Show none of it until there is another report."""
        if self._are_shown:
            for gauge in self._all():
                self._registry.unregister(gauge)
        self._are_shown = False

    def _all(self) -> tuple[Gauge, ...]:
        return self._queued, self._due, self._oldest, self._put_off

    def see(self, report: dict[str, Any]) -> None:
        """Note what notifications reported of its queue."""
        if not self._are_shown:
            for gauge in self._all():
                self._registry.register(gauge)
        self._are_shown = True
        for urgency, number in report["queued"].items():
            self._queued.labels(urgency).set(number)
        self._due.set(report["due"])
        self._oldest.set(report["oldest_due_seconds"])
        self._put_off.set(report["put_off"])
