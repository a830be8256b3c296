"""The bus at work: each scenario on the bus in memory and SQLite, and on RabbitMQ and PostgreSQL."""

import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.bus.scenarios import programme
from tests.bus.stage import STAGES, Playbill, folder, playing, stage
from tests.servers import PostgreSQL, PrivateRabbitMQ, RabbitMQ

pytestmark = pytest.mark.patient

SCENARIOS = programme.read()
ALARM = "nothing_is_lost_while_the_broker_has_no_memory"
IN_A_FILE = "sqlite:///{data}/{service}.db"


@pytest.fixture(scope="module")
def in_one_process(request: pytest.FixtureRequest) -> Iterator[Playbill]:
    """How each scenario ends on the bus in memory."""
    with playing(_asked(request, "in_one_process"), ["embedded://"] * STAGES, lambda _: IN_A_FILE) as ends:
        yield ends


@pytest.fixture(scope="module")
def with_servers(
    request: pytest.FixtureRequest, rabbitmq_server: RabbitMQ, postgresql_server: PostgreSQL
) -> Iterator[Playbill]:
    """How each scenario ends on servers."""

    def database(cleaning: ExitStack) -> str:
        return cleaning.enter_context(postgresql_server.fresh_database())

    with ExitStack() as vhosts:
        buses = [vhosts.enter_context(rabbitmq_server.fresh_vhost()) for _ in range(STAGES)]
        with playing(_asked(request, "with_servers"), buses, database) as ends:
            yield ends


def _asked(request: pytest.FixtureRequest, fixture: str) -> list[str]:
    """Return the scenarios of the tests that are to be run with this fixture."""
    tests = [test for test in request.session.items if fixture in test.fixturenames]
    return [test.callspec.params["name"] for test in tests]


def _check(said: str) -> None:
    if said:
        pytest.fail(said, pytrace=False)


@pytest.mark.parametrize("name", [name for name, scenario in SCENARIOS.items() if scenario.embedded])
def test_in_one_process(name: str, in_one_process: Playbill) -> None:
    _check(in_one_process[name].result())


@pytest.mark.parametrize("name", [name for name in SCENARIOS if name != ALARM])
def test_with_servers(name: str, with_servers: Playbill) -> None:
    _check(with_servers[name].result())


def test_with_a_broker_that_has_no_memory(
    rabbitmq_server: RabbitMQ, fresh_rabbitmq: str, fresh_postgresql: str
) -> None:
    """Runs last, and alone: the alarm stops whatever uses this broker."""
    if not isinstance(rabbitmq_server, PrivateRabbitMQ):
        pytest.skip("an alarm can be raised on a broker of our own only")
    with folder() as place, stage(fresh_rabbitmq) as alone:
        setting = threading.Thread(target=_set_memory, args=(rabbitmq_server, place))
        setting.start()
        try:
            said = alone.play(ALARM, fresh_postgresql, place)
        finally:
            (place / "over").touch()
            setting.join()
    _check(said)


def _set_memory(server: PrivateRabbitMQ, place: Path) -> None:
    """Give the broker no memory when the scenario wants it so, and enough when it wants that or is over."""
    for wish, share in [("alarm", "0.000001"), ("calm", "0.6")]:
        while not (place / f"wants-{wish}").exists() and not (place / "over").exists():
            time.sleep(0.05)
        server.ctl("set_vm_memory_high_watermark", share)
        (place / f"has-{wish}").touch()
