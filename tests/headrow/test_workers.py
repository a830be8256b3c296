"""Several gateways on one port end together."""

import os
import signal
from dataclasses import dataclass, field
from typing import Any

import pytest

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


def workers(*processes: Any) -> list[Worker]:
    return [Worker(process, os.open(os.devnull, os.O_RDONLY)) for process in processes]


def test_each_is_asked_to_end_once_and_all_before_any_is_waited_for():
    """Each may take twenty seconds over what is under way, and a container has thirty for all of them.

    A second signal would kill one that is nearly done: a Python that is ending handles no signals.
    """
    done: list[tuple[str, str]] = []
    stop_all(workers(Process("one", 0, done), Process("two", 0, done)))
    assert done == [("one", "terminate"), ("two", "terminate"), ("one", "wait"), ("two", "wait")]


@pytest.mark.parametrize(
    ("statuses", "status"),
    [
        ((0, 0), 0),
        ((0, -signal.SIGTERM), 0),  # one that had not begun to listen to signals
        ((0, 3), 1),
        ((0, -signal.SIGKILL), 1),
    ],
)
def test_the_status_says_whether_all_ended_as_they_were_asked(statuses, status):
    assert stop_all(workers(*[Process(str(at), each) for at, each in enumerate(statuses)])) == status
