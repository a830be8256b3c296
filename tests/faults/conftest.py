"""Headrow, distributed, with a place to cut its lines."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, TypeVar

import pytest

from tests.journeys.running import Distributed, System

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


@contextmanager
def killed_in_the_end(system: AnySystem) -> Iterator[AnySystem]:
    """Leave no process of a system behind."""
    try:
        yield system
    finally:
        for process in system.processes.values():
            process.kill()
