"""Which scenarios there are, and where each can be played."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

ACTS = [
    "calls",
    "keys",
    "requests",
    "events",
    "failures",
    "feeds",
    "timers",
    "metrics",
    "outages",
    "losses",
    "databases",
    "leader_lock",
    "endings",
    "releases",
]


@dataclass(frozen=True)
class Scenario:
    """A function that is given a System and asserts. Without `embedded` it needs a broker and a server of its own."""

    play: Callable[[Any], None]
    embedded: bool


SCENARIOS: dict[str, Scenario] = {}


def everywhere(play: Callable[[Any], None]) -> Callable[[Any], None]:
    """Have a scenario played on the bus in memory and SQLite, and on RabbitMQ and PostgreSQL."""
    SCENARIOS[play.__name__] = Scenario(play, embedded=True)
    return play


def with_servers(play: Callable[[Any], None]) -> Callable[[Any], None]:
    """Have a scenario played on RabbitMQ and PostgreSQL only."""
    SCENARIOS[play.__name__] = Scenario(play, embedded=False)
    return play


def read() -> dict[str, Scenario]:
    """Return all scenarios by name."""
    for act in ACTS:
        import_module(f"tests.bus.scenarios.{act}")
    return SCENARIOS
