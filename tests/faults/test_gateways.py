"""Several gateways on one port: they can be replaced and killed, and no connection is refused meanwhile."""

import os
import signal
import threading
from collections import Counter
from pathlib import Path

import pytest
import requests

from tests.faults.conftest import killed_in_the_end
from tests.journeys.running import Distributed, eventually

pytestmark = pytest.mark.slow
WITHIN = 120  # seconds, on a machine that does much else
CALLERS = 4


@pytest.fixture(scope="module")
def system(rabbitmq_server, postgresql_server, tmp_path_factory):
    """Headrow with two gateways on one port, shared: it does not matter which ones those are."""
    folder = tmp_path_factory.mktemp("gateways")
    with (
        rabbitmq_server.fresh_vhost() as broker,
        postgresql_server.fresh_database() as database,
        killed_in_the_end(Distributed(folder, broker, database, together=True, HEADROW_HTTP_WORKERS="2")) as system,
    ):
        system.start()
        yield system
        system.stop()


class Crowd:
    """People who read pages one after the other, each time over a new connection, and count what came of it."""

    def __init__(self, url):
        self.url, self.came, self._stop = url, Counter(), threading.Event()
        self._threads = [threading.Thread(target=self._read) for _ in range(CALLERS)]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _read(self):
        while not self._stop.is_set():
            try:
                self.came[requests.get(f"{self.url}/sessions", timeout=30).status_code] += 1
            except requests.RequestException as error:
                self.came[type(error).__name__] += 1


def gateways(system):
    """Return the ids of the processes that answer requests."""
    parent = system.processes["gateway"].pid
    return {int(id) for id in Path(f"/proc/{parent}/task/{parent}/children").read_text().split()}


def test_gateways_are_replaced_one_after_the_other_without_a_refused_connection(system):
    before = gateways(system)
    assert len(before) == 2
    with Crowd(system.url) as crowd:
        os.kill(system.processes["gateway"].pid, signal.SIGHUP)
        eventually(lambda: len(gateways(system)) == 2 and not gateways(system) & before, WITHIN)
        seen = crowd.came[200]
        eventually(lambda: crowd.came[200] > seen + 20, WITHIN)
    assert set(crowd.came) == {200}


def test_another_gateway_is_started_for_one_that_dies(system):
    before = gateways(system)
    os.kill(min(before), signal.SIGKILL)
    eventually(lambda: len(gateways(system)) == 2 and min(before) not in gateways(system), WITHIN)
    with Crowd(system.url) as crowd:
        eventually(lambda: crowd.came[200] > 20, WITHIN)
    assert set(crowd.came) == {200}


def test_all_of_them_end_in_peace(system):
    before = gateways(system)
    assert system.processes.pop("gateway").stop() == 0
    assert not [id for id in before if Path(f"/proc/{id}").exists()]
