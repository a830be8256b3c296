"""Runs services in this process until it is told to stop, and then lets what is under way finish.

nameko's own command imports `pkg_resources`, which new versions of setuptools no longer have; its containers are used
as they are.
"""

import gc
import logging
import os
import signal
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import eventlet
from eventlet.event import Event
from eventlet.hubs import trampoline
from eventlet.timeout import Timeout
from nameko.containers import ServiceContainer

from services.bus import spans
from services.bus.entrypoints import CALLS, SETTINGS, TOPOLOGY
from services.bus.metrics_port import WATCHED, MetricsPort
from services.bus.topology import Topology
from services.runtime import tracing
from services.runtime.settings import Settings

log = logging.getLogger(__name__)

GRACE = 20  # seconds that a stop may take
LIFE_SIGN = 5.0  # seconds between two
WORKERS = 10  # calls that a service works on at once
# More than the events, timers and loops of any service that work at once. An event holds the database while it waits
# for its worker; were all workers taken by calls that wait for the database, they would wait for one another.
BESIDES = 50


class Runner:
    """Some services in one process. They start in the order given, and stop in the reverse: the front door first.

    With `HEADROW_METRICS` the process has a port of its own besides, which opens last.
    """

    def __init__(self, settings: Settings, topology: Topology, service_classes: Sequence[type], **config: Any) -> None:
        shared = {SETTINGS: settings, TOPOLOGY: topology, **config}
        self.containers = [ServiceContainer(service, {**shared, **_workers(service)}) for service in service_classes]
        if settings.metrics is not None:
            host, port = settings.metrics
            own = {"HTTP_HOST": host, "HTTP_PORT": port, "HTTP_LOG": False, WATCHED: [*self.containers]}
            self.containers.append(ServiceContainer(MetricsPort, {**own, **_workers(MetricsPort)}))
        self._settings, self._alive = settings, settings.alive
        self._ended = Event()

    def start(self) -> None:
        """Start all services; returns when they have begun, whether or not the broker and the databases are up."""
        spans.start(self._settings)
        for container in self.containers:
            container.start()
            eventlet.spawn(self._watch, container)
        if self._alive is not None:
            eventlet.spawn(self._show_life, self._alive)
        gc.freeze()  # what is here now stays to the end; looking through it again and again stops everything each time
        gc.set_threshold(20_000, 20, 50)

    def run_until_stopped(self) -> int:
        """Serve until SIGTERM, SIGINT or the death of a service; return the exit status."""
        eventlet.spawn(self._end_at_signal)
        failure = self._ended.wait()
        self.stop()
        return 0 if failure is None else 1

    def stop(self) -> None:
        """Stop all services, giving what is under way some time."""
        late = Timeout(GRACE)
        try:
            for container in reversed(self.containers):
                container.stop()
        except Timeout:
            log.warning("what was under way did not finish within %d seconds", GRACE)
        finally:
            late.cancel()
        tracing.stop()

    def _show_life(self, file: Path) -> None:
        """Touch the file for as long as green threads have their turn here; no neighbour is asked for that."""
        while not self._ended.ready():
            try:
                file.touch()
            except OSError as error:
                log.warning("%s cannot be touched (%s)", file, error)
            eventlet.sleep(LIFE_SIGN)

    def _watch(self, container: ServiceContainer) -> None:
        try:
            container.wait()
        except Exception as error:  # nameko has logged it; the process ends, and whoever runs it starts another
            self._end(error)

    def _end_at_signal(self) -> None:
        """Wait for a signal to stop. It comes as a byte through a pipe: a handler alone would not wake an idle hub."""
        reader, writer = os.pipe()
        os.set_blocking(writer, False)
        signal.set_wakeup_fd(writer)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: None)
        trampoline(reader, read=True)
        self._end(None)

    def _end(self, failure: BaseException | None) -> None:
        if not self._ended.ready():
            self._ended.send(failure)


def _workers(service: type) -> dict[str, int]:
    calls: int = getattr(service, "workers", WORKERS)
    return {CALLS: calls, "max_workers": calls + BESIDES}
