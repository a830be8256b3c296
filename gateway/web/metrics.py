"""What operators measure of this process: requests, the read model, and what each service reports of itself."""

from collections.abc import Iterable, Mapping
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import Metric
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector

from services.bus.metrics import Report, reported
from services.runtime import clock

BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)


class Metrics(Collector):
    """The counters of one process. Collected, they are its own: services tell theirs to Prometheus themselves there."""

    def __init__(self) -> None:
        self._own, self._rest = CollectorRegistry(), CollectorRegistry()
        self._began_at = clock.now()
        self._reports: dict[str, Report | None] = {}
        ProcessCollector(registry=self._rest)
        PlatformCollector(registry=self._rest)
        self._rest.register(_Reported(self._reports))
        self._requests = Counter(
            "headrow_http_requests", "Requests answered", ["method", "route", "status"], registry=self._own
        )
        self._seconds = Histogram(
            "headrow_http_request_seconds", "Time to an answer", ["route"], buckets=BUCKETS, registry=self._own
        )
        self._things = Gauge("headrow_read_model_things", "What the read model holds", ["kind"], registry=self._own)
        self._fresh = Gauge("headrow_read_model_fresh", "1 if no event was missed", registry=self._own)
        self._up = Gauge("headrow_service_up", "1 if the service answers", ["service"], registry=self._own)

    def count(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one request. `route` is a template and never an address, so that the series stay few."""
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def see_service(self, name: str, report: Report | None) -> None:
        """Note what a service reported of itself; None if it did not answer, and its figures are not known."""
        self._up.labels(name).set(report is not None)
        self._reports[name] = report

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

    def collect(self) -> Iterable[Metric]:
        """Return what this process knows by itself, and which services answer it."""
        return self._own.collect()

    def written(self) -> bytes:
        """Return everything in Prometheus' text format, with what the services reported and how this process is."""
        return generate_latest(self._rest) + generate_latest(self._own)


class _Reported(Collector):
    def __init__(self, reports: Mapping[str, Report | None]) -> None:
        self._reports = reports

    def collect(self) -> Iterable[Metric]:
        return reported(self._reports)
