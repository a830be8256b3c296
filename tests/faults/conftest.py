"""Headrow, distributed, with a place to cut its lines."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, TypeVar

import pytest

from tests.journeys.running import Distributed, System

FIGURE = "figure"
AnySystem = TypeVar("AnySystem", bound=System)


@pytest.fixture
def distributed(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[..., Distributed]]:
    """Make a distributed Headrow on a broker and a database of its own: `distributed(registrations=2)`."""
    brokers, databases = (request.getfixturevalue(f"{kind}_server") for kind in ("rabbitmq", "postgresql"))
    with ExitStack() as afterwards:

        def make(**kwargs: Any) -> Distributed:
            broker = afterwards.enter_context(brokers.fresh_vhost())
            database = afterwards.enter_context(databases.fresh_database())
            return afterwards.enter_context(killed_in_the_end(Distributed(tmp_path, broker, database, **kwargs)))

        yield make


@pytest.fixture
def figure(record_property: Callable[[str, object], None]) -> Callable[[str], None]:
    """Note a figure that was measured on the way; it is printed at the end, and nothing depends on it."""
    return lambda text: record_property(FIGURE, text)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Print the figures."""
    for report in terminalreporter.getreports("passed"):
        for text in (text for name, text in report.user_properties if name == FIGURE):
            terminalreporter.write_line(f"{report.nodeid.rpartition('::')[2]}: {text}")


@contextmanager
def killed_in_the_end(system: AnySystem) -> Iterator[AnySystem]:
    """Leave no process of a system behind."""
    try:
        yield system
    finally:
        for process in system.processes.values():
            process.kill()
