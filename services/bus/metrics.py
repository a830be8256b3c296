"""What Prometheus hears about services: from the process that runs them, and from a gateway that asks them.

What is not known is left out: it is neither 0 nor what it was. No label names a person or a thing of theirs.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from prometheus_client import Counter, Histogram
from prometheus_client.core import GaugeMetricFamily

from services.bus.calls import Reply
from services.runtime.version import headrow_version

BOXES = ("outbox", "inbox")
BUCKETS = (0.0025, 0.01, 0.025, 0.1, 0.25, 1, 5)
Report = dict[str, Any]  # what a service says of itself: see `health.report`

CALLS = Histogram(
    "headrow_call_seconds", "Time to answer a call", ["service", "method", "outcome"], buckets=BUCKETS, registry=None
)
REFUSALS = Counter("headrow_call_refusals", "Calls that were refused", ["service", "code"], registry=None)


def answered(service: str, method: str, answer: Callable[[], Reply]) -> Reply:
    """Return what `answer()` returns, and count it: done, refused, or failed where it raises."""
    began, outcome = time.perf_counter(), "failed"
    try:
        reply = answer()
        outcome = "refused" if reply.refusal else "done"
        if reply.refusal:
            REFUSALS.labels(service, reply.refusal.code).inc()
        return reply
    finally:
        CALLS.labels(service, method, outcome).observe(time.perf_counter() - began)


def answered_together(service: str, method: str, replies: Sequence[Reply], began: float) -> None:
    """Count calls that were answered at once, each of which took since `began`, as `perf_counter` tells."""
    took = time.perf_counter() - began
    for reply in replies:
        if reply.refusal:
            REFUSALS.labels(service, reply.refusal.code).inc()
        CALLS.labels(service, method, "refused" if reply.refusal else "done").observe(took)


@dataclass(frozen=True)
class Turns:
    """How a method fares that runs again and again.

    `age` is how many seconds ago it last ended without an error (before the first time: how long it has been there),
    `period` how many may pass between two turns, and `failing` whether the last one ended in an error.
    """

    age: float
    period: float
    failing: bool


@dataclass(frozen=True)
class Seen:
    """A service as its own process sees it. `connections` to the broker are up or not; `timers` are by their method.

    `leads` is None where it has no database, and `report` is so too where its database does not answer.
    """

    service: str
    connections: Mapping[str, bool] = field(default_factory=dict)
    timers: Mapping[str, Turns] = field(default_factory=dict)
    leads: bool | None = None
    report: Report | None = None


def of_process(services: Sequence[Seen]) -> list[GaugeMetricFamily]:
    """Return what a process tells of the services in it."""
    version = headrow_version()
    connected = {(s.service, name): up for s in services for name, up in s.connections.items()}
    timers = {(s.service, name): timer for s in services for name, timer in s.timers.items()}
    stored = [s for s in services if s.leads is not None]
    return [
        _gauge("headrow_build_info", "1", "version service", {(version, s.service): 1 for s in services}),
        _gauge("headrow_broker_up", "1 if it is connected to the broker", "service connection", connected),
        _gauge(
            "headrow_database_up",
            "1 if the database answers",
            "service",
            {(s.service,): s.report is not None for s in stored},
        ),
        _gauge(
            "headrow_relay_leads",
            "1 if this process publishes the events",
            "service",
            {(s.service,): bool(s.leads) for s in stored},
        ),
        _gauge(
            "headrow_timer_age_seconds",
            "Time since it last ran without an error",
            "service timer",
            {key: timer.age for key, timer in timers.items()},
        ),
        _gauge(
            "headrow_timer_period_seconds",
            "Time that may pass between two turns",
            "service timer",
            {key: timer.period for key, timer in timers.items()},
        ),
        _gauge(
            "headrow_timer_failing",
            "1 if its last turn ended in an error",
            "service timer",
            {key: timer.failing for key, timer in timers.items()},
        ),
        *reported({s.service: s.report for s in services}),
    ]


def reported(reports: Mapping[str, Report | None]) -> list[GaugeMetricFamily]:
    """Return what services report of themselves, each by its name; None is one that is not known."""
    known = {service: report for service, report in reports.items() if report is not None}
    boxes = {(service, box): report[box] for service, report in known.items() for box in BOXES}
    inboxes = {(service,): report["inbox"] for service, report in known.items()}
    messages = next((report["messages"] for report in known.values() if "messages" in report), None)
    sign_ins = next((report["sign_ins"] for report in known.values() if "sign_ins" in report), None)
    return [
        _gauge(
            "headrow_events_waiting",
            "Events not yet moved on",
            "service box",
            {key: box["waiting"] for key, box in boxes.items()},
        ),
        _gauge(
            "headrow_events_lag_seconds",
            "Age of the oldest event waiting",
            "service box",
            {key: box["lag_seconds"] for key, box in boxes.items()},
        ),
        _gauge(
            "headrow_events_parked",
            "Events given up on",
            "service",
            {key: box["parked"] for key, box in inboxes.items()},
        ),
        _gauge(
            "headrow_events_retrying",
            "Events that failed twice or more",
            "service",
            {key: box.get("retrying", 0) for key, box in inboxes.items()},  # an older service does not tell it
        ),
        _gauge(
            "headrow_events_missing",
            "Events found missing and published again",
            "service",
            {key: box.get("missing", 0) for key, box in inboxes.items()},
        ),
        _gauge(
            "headrow_database_full",
            "1 if there was no room to write within two minutes",
            "service",
            {(service,): report["full"] for service, report in known.items() if "full" in report},
        ),
        _gauge(
            "headrow_sign_in_codes_last_hour",
            "Codes to sign in asked for within an hour",
            "",
            {(): sign_ins["codes_last_hour"]} if sign_ins else {},
        ),
        *(_of_messages(messages) if messages else ()),
    ]


def _of_messages(report: Report) -> list[GaugeMetricFamily]:
    queued = {(urgency,): number for urgency, number in report["queued"].items()}
    told = {
        "due": ("headrow_messages_due", "Messages that may go now"),
        "oldest_due_seconds": ("headrow_messages_oldest_due_seconds", "How long ago the oldest of them was due"),
        "put_off": ("headrow_messages_put_off", "Messages that could not be sent and wait for the next try"),
        "oldest_code_seconds": ("headrow_messages_oldest_code_seconds", "Age of the oldest code to sign in not sent"),
        "failed_last_hour": ("headrow_messages_failed_last_hour", "Messages given up on within an hour"),
    }
    return [
        _gauge("headrow_messages_queued", "Messages not yet sent", "urgency", queued),
        *(_gauge(name, help_, "", {(): report[what]}) for what, (name, help_) in told.items() if what in report),
    ]


def _gauge(name: str, help_: str, labels: str, values: Mapping[Any, float]) -> GaugeMetricFamily:
    """Return a family of gauges; `labels` are separated by spaces, and each value stands at those that it has."""
    family = GaugeMetricFamily(name, help_, labels=labels.split())
    for given, value in values.items():
        family.add_metric(given, value)
    return family
