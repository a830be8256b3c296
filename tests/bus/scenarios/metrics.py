"""What a process tells at a port of its own of the services in it."""

import time
import urllib.request
from collections.abc import Callable

import eventlet
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy.orm import Session as OrmSession

from services.bus.entrypoints import Database, timer
from services.bus.metrics_port import PATIENCE
from tests.bus.scenarios.programme import everywhere, with_servers
from tests.bus.scenarios.proxy import Proxy
from tests.bus.scenarios.services import Echo
from tests.bus.scenarios.system import System, eventually
from tests.servers import free_port


class Halting(Echo):
    """Has one timer that goes well, and one that never does."""

    name = "halting"
    database = Database()

    @timer(0.1)
    def go(self, db: OrmSession) -> None:
        """Go."""

    @timer(0.1)
    def halt(self, db: OrmSession) -> None:
        raise RuntimeError("it halts")


def watched(system: System, **changed: str) -> Callable[..., list[float]]:
    """Start it, and return what asks its process for the values of a metric."""
    port = free_port()
    system.start(Halting, metrics=("127.0.0.1", port), **changed)

    def told(name: str, **labels: str) -> list[float]:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
            families = [*text_string_to_metric_families(answer.read().decode())]
        given = {"service": "halting", **labels}
        return [s.value for f in families for s in f.samples if s.name == name and given.items() <= s.labels.items()]

    return told


@everywhere
def a_process_tells_of_its_timers_its_calls_and_its_connections(system: System) -> None:
    told = watched(system)
    system.call("halting", "health")
    assert told("headrow_call_seconds_count", method="health", outcome="done") == [1]
    assert told("headrow_broker_up") == [1, 1]
    assert told("headrow_database_up") == [1]
    eventually(lambda: told("headrow_relay_leads") == [1])
    eventually(lambda: told("headrow_timer_failing", timer="halt") == [1])
    eventlet.sleep(0.5)
    assert told("headrow_timer_failing", timer="go") == [0]
    [went], [halted] = (told("headrow_timer_age_seconds", timer=name) for name in ("go", "halt"))
    assert went < halted
    assert halted > 0.5


@with_servers
def while_a_database_hangs_its_process_tells_that_and_no_figures(system: System) -> None:
    with Proxy(system.settings.database) as proxy:
        told = watched(system, database=proxy.url)
        eventually(lambda: told("headrow_events_waiting", box="outbox") == [0])
        proxy.stall()
        began = time.monotonic()
        assert told("headrow_database_up") == [0]
        assert time.monotonic() - began < PATIENCE + 3
        assert told("headrow_events_waiting") == []
        proxy.flow()
        eventually(lambda: told("headrow_events_waiting", box="outbox") == [0])
