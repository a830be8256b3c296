"""A process tells how it is at a port of its own: without a broker, without a database, and to nobody who signed in."""

import socket
from contextlib import closing

import pytest
import requests
from prometheus_client.parser import text_string_to_metric_families

from services.headrow.names import SERVICES
from tests.journeys.running import System, eventually
from tests.servers import free_port

pytestmark = pytest.mark.slow


class Alone(System):
    """Processes that no broker answers."""

    def __init__(self, folder):
        self.metrics = free_port()
        settings = {
            "HEADROW_BUS": f"amqp://127.0.0.1:{free_port()}/headrow",
            "HEADROW_SECRET_KEY": "k" * 32,
            "HEADROW_METRICS": f"127.0.0.1:{self.metrics}",
        }
        super().__init__(folder, **settings)

    def asked(self, path):
        return requests.get(f"http://127.0.0.1:{self.metrics}{path}", timeout=10)

    def told(self):
        """Return what the process tells, by name and by the values of its labels."""
        told = {}
        for family in text_string_to_metric_families(self.asked("/metrics").text):
            for sample in family.samples:
                labels = tuple(value for _, value in sorted(sample.labels.items()))
                assert labels not in told.setdefault(sample.name, {}), "it is told twice"
                told[sample.name][labels] = sample.value
        return told

    def is_alive(self):
        try:
            return self.asked("/health/live").json() == {"status": "ok"}
        except requests.ConnectionError:
            return False


@pytest.fixture
def alone(tmp_path):
    system = Alone(tmp_path)
    yield system
    assert set(system.stop().values()) <= {0}


def test_without_the_broker_it_lives_and_tells_how_many_events_wait(alone):
    alone.run("migrate", "registration")
    alone.token("amina@example.org")
    alone.launch("both", "serve", "registration", "gateway", "--port", str(alone.port))
    eventually(alone.is_alive)
    told = alone.told()
    assert told["headrow_broker_up"] == {
        **{(connection, "registration"): 0 for connection in ("calls", "inbox", "relay", "rpc")},
        **{(connection, "gateway"): 0 for connection in ("calls", "feed")},
    }
    assert told["headrow_database_up"] == {("registration",): 1}
    assert told["headrow_events_waiting"] == {("outbox", "registration"): 1, ("inbox", "registration"): 0}
    assert told["headrow_events_lag_seconds"]["outbox", "registration"] > 0
    assert ("registration", "settle_attendance") in told["headrow_timer_age_seconds"]
    assert told["headrow_service_up"] == {(service,): 0 for service in SERVICES}
    assert "amina" not in alone.asked("/metrics").text
    assert alone.asked("/api/v1/sessions").status_code == 404
    assert "/metrics" not in alone.processes["both"].log.read_text(), "Prometheus asks every few seconds"


def test_of_a_database_that_does_not_answer_it_tells_that_and_no_figures(alone):
    with closing(socket.create_server(("127.0.0.1", 0))) as silent:
        alone.environment["HEADROW_DATABASE"] = f"postgresql://127.0.0.1:{silent.getsockname()[1]}/headrow"
        alone.launch("registration", "serve", "registration")
        eventually(alone.is_alive)
        told = alone.told()
        assert told["headrow_database_up"] == {("registration",): 0}
        assert [name for name in told if name.startswith("headrow_events_")] == []
        assert alone.is_alive()


@pytest.mark.parametrize(("workers", "command", "named"), [("2", "gateway", "HEADROW_METRICS"), ("1", "community", "")])
def test_a_port_is_that_of_one_process(alone, workers, command, named):
    alone.environment["HEADROW_HTTP_WORKERS"] = workers
    with closing(socket.create_server(("127.0.0.1", alone.metrics))):
        refused = alone.run("serve", command, "--port", str(alone.port), check=False)
    assert refused.returncode == 1
    assert (named or str(alone.metrics)) in refused.stderr
