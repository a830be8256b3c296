"""A port of the process itself, for Prometheus and for whoever watches over it: how the services in it are.

Neither the broker nor another service is asked, so that it answers when those are out; a gateway adds what it knows.
There are no passwords: whoever reaches the port reads it.
"""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Any

from eventlet import GreenPool
from eventlet.timeout import Timeout
from nameko.containers import ServiceContainer
from nameko.extensions import DependencyProvider
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import Metric
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Request, Response

from services.bus import metrics
from services.bus.extensions import Repeated
from services.bus.metrics import Report, Seen
from services.runtime import http1
from services.runtime.refusals import Unavailable
from services.runtime.web import door

WATCHED = "WATCHED"  # key of nameko's configuration: the containers of this process
PATIENCE = 2.0  # seconds for a database to answer: Prometheus gives up after ten


class Process(Collector):
    """What Prometheus collects of the services in some containers of this process."""

    def __init__(self, containers: Sequence[ServiceContainer]) -> None:
        self._containers = containers

    def collect(self) -> Iterable[Metric]:
        """Look now. Databases are asked at the same time, and none is waited for longer than PATIENCE."""
        yield from metrics.of_process([*GreenPool().imap(_seen, self._containers)])
        for container in self._containers:
            for provider in container.dependencies:
                if hasattr(provider, "collect"):
                    yield from provider.collect()


def connections_of(container: ServiceContainer) -> dict[str, Any]:
    """Return the connections to the broker of all that was started in a container, by what each is for."""
    connections = [extension.broker for extension in container.extensions if hasattr(extension, "broker")]
    return {connection.name.removeprefix(f"{container.service_name} "): connection for connection in connections}


def _seen(container: ServiceContainer) -> Seen:
    timers = {one.method_name: one.turns() for one in container.entrypoints if isinstance(one, Repeated)}
    connections = {name: connection.up for name, connection in connections_of(container).items()}
    database = next((one for one in container.dependencies if hasattr(one, "transactions")), None)
    if database is None:
        return Seen(container.service_name, connections, timers)
    report = _report(container, database.transactions)
    return Seen(container.service_name, connections, timers, database.relay.leads, report)


def _report(container: ServiceContainer, transactions: Any) -> Report | None:
    """Return what a service reports of itself; None where its database does not answer in time."""
    with suppress(Unavailable, SQLAlchemyError), Timeout(PATIENCE, False), transactions.look() as db:
        report: Report = container.service_cls.how_it_is(db)
        return report
    return None


class Figures(DependencyProvider):
    """All that Prometheus is told here, in its text format."""

    def setup(self) -> None:
        self._registry = CollectorRegistry()
        for collector in (metrics.CALLS, metrics.REFUSALS, Process(self.container.config[WATCHED])):
            self._registry.register(collector)
        ProcessCollector(registry=self._registry)
        PlatformCollector(registry=self._registry)

    def get_dependency(self, worker_ctx: Any) -> "Figures":
        return self

    def written(self) -> bytes:
        """Return them as they are now."""
        return generate_latest(self._registry)


class MetricsPort:
    """What answers there."""

    name = "metrics"
    workers = 20
    figures: Figures = Figures()

    @door
    def answer(self, request: Request) -> Response:
        """Answer one request."""
        if request.path == "/health/live":
            return Response(b'{"status":"ok"}', content_type="application/json")
        if request.path == "/metrics":
            return Response(self.figures.written(), content_type=CONTENT_TYPE_LATEST)
        return http1.problem(NotFound())
