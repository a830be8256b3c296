"""Headrow both ways: embedded in one process, and distributed over RabbitMQ and PostgreSQL."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.journeys.running import HEADROW, Distributed, Embedded, System
from tests.servers.identities import identities


@pytest.fixture(
    scope="module",
    params=["embedded", pytest.param("distributed", marks=[pytest.mark.rabbitmq, pytest.mark.postgresql])],
)
def headrow(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """A running Headrow with the sample programme, shared by the tests of a module.

    Distributed, it is one process for all services and one for the gateway, which start sooner than five; a module that
    says `EACH_APART = True` has five, each with its own user of the broker and role of the database. One that says
    `STARTED_ANEW = True` has none that is forked.
    """
    folder: Path = tmp_path_factory.mktemp("headrow")
    anew = getattr(request.module, "STARTED_ANEW", False)
    if request.param == "embedded":
        yield from _run(Embedded(folder), anew)
        return
    brokers, databases = (request.getfixturevalue(f"{kind}_server") for kind in ("rabbitmq", "postgresql"))
    with brokers.fresh_vhost() as broker, databases.fresh_database() as database:
        together = not getattr(request.module, "EACH_APART", False)
        narrow = None if together else identities(brokers, broker, database)
        yield from _run(Distributed(folder, broker, database, together=together, identities=narrow), anew)


def _run(system: System, anew: bool = False) -> Iterator[System]:
    if anew:
        system.serving = HEADROW
    try:
        system.start()
        yield system
        assert set(system.stop().values()) == {0}, "a process did not end in peace: see its log"
    finally:
        for process in system.processes.values():
            process.kill()
