"""Fixtures of every test: databases and brokers, started once, when the first test that needs them is run."""

import gc
import logging
import signal
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from hypothesis import settings
from sqlalchemy import Engine, MetaData, event

from services.runtime.database import open_engine
from tests import databases, servers
from tests.servers import installed

pytest.register_assert_rewrite("tests.contracts.announced", "tests.gateway.html")

# Without deadlines: how long an example takes says what else the machine does. See tests/examples.py for `few`.
settings.register_profile("full", deadline=None)
settings.register_profile("few", deadline=None, max_examples=20)
settings.load_profile("full")

NEEDS = {"postgresql_server": "postgresql", "rabbitmq_server": "rabbitmq"}
# Minutes by themselves: begun last, they would be waited for.
LONGEST = ("tests/registration/test_machine.py", "tests/project/test_benchmarks.py")
STOPPED = 3  # the exit code of a run that lacks a server: neither green nor a failing test


def pytest_configure() -> None:
    """Have SIGTERM end a run as Ctrl-C does, so that the fixtures stop what they started."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Leave the thousands of tests that are found, which stay to the end, out of each search for garbage."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark each test that asks for a server, so that `-m "not postgresql"` cannot miss one; begin with the longest."""
    for item in items:
        for fixture, marker in NEEDS.items():
            if fixture in getattr(item, "fixturenames", ()):
                item.add_marker(marker)
    items.sort(key=lambda item: [not item.nodeid.startswith(file) for file in LONGEST])


@pytest.hookimpl(tryfirst=True)
def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run what is marked `one_database` on SQLite alone."""
    if "make_engine" in metafunc.fixturenames and metafunc.definition.get_closest_marker("one_database"):
        metafunc.definition.add_marker(pytest.mark.parametrize("make_engine", ["sqlite"], indirect=True))


@pytest.fixture(autouse=True)
def log_of_a_command() -> Iterator[None]:
    """Have a command that was run in this process log no further: what it wrote to is closed with its test."""
    yield
    for handler in [handler for handler in logging.root.handlers if type(handler) is logging.StreamHandler]:
        logging.root.removeHandler(handler)


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[servers.PostgreSQL]:
    """The PostgreSQL server of this run."""
    with _or_stop(), servers.postgresql_server() as server:
        yield server


@pytest.fixture(scope="session")
def rabbitmq_server() -> Iterator[servers.RabbitMQ]:
    """The RabbitMQ broker of this run."""
    with _or_stop(), servers.rabbitmq_server() as server:
        yield server


@pytest.fixture(scope="session")
def chromium() -> Path:
    """The browser of this run."""
    with _or_stop():
        return installed.chromium()


@pytest.fixture(scope="session")
def promtool() -> Path:
    """The program that checks what Prometheus is to read."""
    with _or_stop():
        return installed.promtool()


@pytest.fixture(scope="session")
def node() -> Path:
    """The program that runs scripts without a browser."""
    with _or_stop():
        return installed.node()


@pytest.fixture(scope="session")
def postgresql_url(postgresql_server: servers.PostgreSQL) -> Iterator[str]:
    """The URL of one database for the whole run."""
    with postgresql_server.fresh_database() as url:
        yield url


@pytest.fixture
def fresh_postgresql(postgresql_server: servers.PostgreSQL) -> Iterator[str]:
    """The URL of a database that is empty, and dropped after the test."""
    with postgresql_server.fresh_database() as url:
        yield url


@pytest.fixture(scope="session")
def rabbitmq_url(rabbitmq_server: servers.RabbitMQ) -> Iterator[str]:
    """The URL of one virtual host for the whole run."""
    with _or_stop(), rabbitmq_server.fresh_vhost() as url:
        yield url


@pytest.fixture
def fresh_rabbitmq(rabbitmq_server: servers.RabbitMQ) -> Iterator[str]:
    """The URL of a virtual host that no other test uses."""
    with _or_stop(), rabbitmq_server.fresh_vhost() as url:
        yield url


@pytest.fixture(scope="session")
def sqlite_databases(tmp_path_factory: pytest.TempPathFactory) -> databases.Databases:
    """SQLite databases for `make_engine`."""
    return databases.Files(tmp_path_factory.mktemp("sqlite"))


@pytest.fixture(scope="session")
def postgresql_databases(postgresql_server: servers.PostgreSQL) -> Iterator[databases.Databases]:
    """PostgreSQL databases for `make_engine`."""
    with ExitStack() as until_the_end:
        yield databases.Emptied(postgresql_server, until_the_end)


@pytest.fixture(scope="session")
def engines() -> dict[str, Engine]:
    """The engines by URL: databases are used again, and an engine has its statements ready the second time."""
    return {}


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def make_engine(request: pytest.FixtureRequest) -> Iterator[Callable[..., Engine]]:
    """Open a fresh database with the tables of the given metadata, on SQLite and then on PostgreSQL.

    `make_engine(*metadatas)` returns an engine as production opens it; several calls give several databases.
    """
    source: databases.Databases = request.getfixturevalue(f"{request.param}_databases")
    engines: dict[str, Engine] = request.getfixturevalue("engines")
    with ExitStack() as afterwards:

        def make(*metadatas: MetaData) -> Engine:
            url = afterwards.enter_context(source.fresh(metadatas))
            if url not in engines:
                engines[url] = _not_waiting_for_the_disk(open_engine(url))
            engine = engines[url]
            afterwards.callback(engine.dispose)
            return engine

        yield make


def _not_waiting_for_the_disk(engine: Engine) -> Engine:
    """Have SQLite write without waiting: these files need not outlive the power."""
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous=OFF"))
    return engine


@contextmanager
def _or_stop() -> Iterator[None]:
    """Stop the whole run where a server is missing: tests that were skipped in silence would prove nothing."""
    try:
        yield
    except servers.Missing as missing:
        pytest.exit(str(missing), returncode=STOPPED)
