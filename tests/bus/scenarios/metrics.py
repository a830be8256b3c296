"""What a process tells at a port of its own of the services in it."""

import urllib.request

import eventlet
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy.orm import Session as OrmSession

from services.bus.entrypoints import Database, timer
from tests.bus.scenarios.programme import everywhere
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


@everywhere
def a_process_tells_of_its_timers_its_calls_and_its_connections(system: System) -> None:
    port = free_port()
    system.start(Halting, metrics=("127.0.0.1", port))

    def told(name: str, **labels: str) -> list[float]:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
            families = [*text_string_to_metric_families(answer.read().decode())]
        given = {"service": "halting", **labels}
        return [s.value for f in families for s in f.samples if s.name == name and given.items() <= s.labels.items()]

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
