"""Starts `headrow …` as forks of one process that has imported all of it: the imports cost more than most tests.

Each is a process of its own, with its own environment, output and exit status, as if it had been started anew.
"""

import atexit
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
PAUSE = 0.02


class Forked:
    """One process, of which one can ask what one can ask of a `subprocess.Popen`."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """Return the exit status, minus the signal's number where one ended it; None while it runs."""
        if self.returncode is None:
            self.returncode = _server().ask(ended=self.pid)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the end, and return the exit status. Raises subprocess.TimeoutExpired."""
        began = time.monotonic()
        while (status := self.poll()) is None:
            if timeout is not None and time.monotonic() - began > timeout:
                raise subprocess.TimeoutExpired(f"process {self.pid}", timeout)
            time.sleep(PAUSE)
        return status

    def send_signal(self, number: int) -> None:
        """Send a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)


def start(arguments: Sequence[str], environment: Mapping[str, str], output: Path, errors: Path | None = None) -> Forked:
    """Start `headrow` with these arguments; what it prints is added to `output`, its errors to `errors` if given."""
    files = [str(output), str(errors or output)]
    return Forked(_server().ask(arguments=list(arguments), environment=dict(environment), files=files))


class _Server:
    """The process that forks. It is asked for one thing at a time, by whichever thread."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "tests.preloaded"]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        self._process = subprocess.Popen(command, cwd=ROOT, text=True, **pipes)
        self._turn = threading.Lock()

    def ask(self, **question: Any) -> Any:
        with self._turn:
            print(json.dumps(question), file=self._process.stdin, flush=True)
            return json.loads(self._process.stdout.readline())

    def close(self) -> None:
        self._process.stdin.close()
        self._process.wait()


@cache
def _server() -> _Server:
    server = _Server()
    atexit.register(server.close)
    return server
