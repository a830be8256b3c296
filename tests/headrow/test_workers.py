"""Several gateways on one port end together."""

import os
from dataclasses import dataclass, field
from typing import Any

from services.headrow.workers import Worker, stop_all


@dataclass
class Process:
    """A process that notes what is done to it, and ends with a status of its own."""

    name: str
    status: int
    done: list[tuple[str, str]] = field(default_factory=list)

    def terminate(self) -> None:
        self.done.append((self.name, "terminate"))

    def wait(self) -> int:
        self.done.append((self.name, "wait"))
        return self.status


def test_all_are_asked_to_end_before_any_is_waited_for():
    """Each may take twenty seconds over what is under way, and a container has thirty for all of them."""
    done: list[tuple[str, str]] = []
    processes: list[Any] = [Process("one", 0, done), Process("two", 3, done)]
    assert stop_all([Worker(process, os.open(os.devnull, os.O_RDONLY)) for process in processes]) == 3
    first_wait = [what for _, what in done].index("wait")
    assert {name for name, what in done[:first_wait] if what == "terminate"} == {"one", "two"}
