"""Several gateway processes on one port: starts them, starts another for one that died, replaces and stops them.

The port is opened once, by the process that starts the others, and they inherit it: while that process lives no
connection is refused, whichever of them come and go. Those that share a port each by its own socket (SO_REUSEPORT) lose
what waits in the queue of one that closes it.
"""

import logging
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass

from services.runtime.settings import Settings

log = logging.getLogger(__name__)

LOOK_EVERY = 0.1  # seconds
PAUSE = 1.0  # seconds before another is started for one that died, lest one that cannot start does so all the time
STARTS_WITHIN = 60.0  # seconds
STARTED = b"1"


@dataclass
class Worker:
    """One gateway process, and where it says that it has started."""

    process: subprocess.Popen[bytes]
    says: int

    def has_started(self, seconds: float) -> bool:
        """Wait at most so long until it answers requests; say whether it does."""
        ready, _, _ = select.select([self.says], [], [], seconds)
        return bool(ready) and os.read(self.says, 1) == STARTED

    def stop(self) -> bool:
        """Have it finish what is under way and end; return whether it did."""
        self.process.terminate()
        return self.wait()

    def wait(self) -> bool:
        """Wait for the end that it was asked for, once: a second signal can come when Python no longer handles any."""
        status = self.process.wait()
        os.close(self.says)
        return status in (0, -signal.SIGTERM)  # the signal itself ends one that has not begun


def stop_all(workers: Sequence[Worker]) -> int:
    """Have all of them end at the same time, as each may take a while; return 0 if all did as they were asked."""
    for worker in workers:
        worker.process.terminate()
    ended = [worker.wait() for worker in workers]
    return 0 if all(ended) else 1


class Supervisor:
    """Keeps `http_workers` gateways running on a socket that listens, given as its file descriptor."""

    def __init__(self, settings: Settings, listener: int) -> None:
        self._settings, self._listener = settings, listener
        self._stopping = self._replacing = False

    def run(self) -> int:
        """Serve until SIGTERM or SIGINT; at SIGHUP replace each gateway by a new one. Returns the exit status."""
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._hear)
        workers = [self._start() for _ in range(self._settings.http_workers)]
        while not self._stopping:
            time.sleep(LOOK_EVERY)
            for at, worker in enumerate(workers):
                if worker.process.poll() is not None and not self._stopping:
                    time.sleep(PAUSE)
                    worker.stop()
                    workers[at] = self._start()
            if self._replacing:
                self._replacing = False
                workers = [self._replaced(worker) for worker in workers]
        return stop_all(workers)

    def _hear(self, number: int, _frame: object) -> None:
        self._stopping |= number != signal.SIGHUP
        self._replacing |= number == signal.SIGHUP

    def _replaced(self, old: Worker) -> Worker:
        """Return a new gateway, which answers before the old one ends; the old one where the new one does not start."""
        if self._stopping:
            return old
        new = self._start()
        if new.has_started(STARTS_WITHIN):
            old.stop()
            return new
        log.warning("a new gateway did not start; the old one stays")
        new.stop()
        return old

    def _start(self) -> Worker:
        settings = self._settings
        says, told = os.pipe()
        where = ["--host", settings.http_host, "--port", str(settings.http_port), "--data", str(settings.data)]
        command = [sys.executable, "-m", "services", "serve", "gateway", "--worker", f"{self._listener},{told}", *where]
        environment = {**os.environ, "HEADROW_HTTP_WORKERS": "1"}
        process = subprocess.Popen(command, env=environment, pass_fds=[self._listener, told])
        os.close(told)
        return Worker(process, says)


def say_started(told: int) -> None:
    """Tell the process that started this one that it answers requests."""
    os.write(told, STARTED)
    os.close(told)
