"""What a private PostgreSQL and a private RabbitMQ have in common: a folder, a port, a keeper."""

import contextlib
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

START_WITHIN = 90  # seconds; RabbitMQ takes 5 on an idle machine of two cores
TAKEN_BY_DEFAULT_NODES = {4369, 5432, 5672, 15672, 25672}


class Private:
    """A server of our own: a folder, a command, and the keeper that stops it when this process is gone."""

    name: str

    def __init__(self) -> None:
        # Not in $TMPDIR: the path of a Unix socket may have only a hundred characters.
        self.folder = Path(tempfile.mkdtemp(prefix=f"headrow-{self.name}-", dir="/tmp"))
        self.log = tempfile.TemporaryFile()  # noqa: SIM115 - `end` closes it
        self._keeper: subprocess.Popen[bytes] | None = None

    @classmethod
    @contextlib.contextmanager
    def running(cls, **how: Any) -> Iterator["Private"]:
        """Yield a new server that answers; stop it and delete its folder afterwards."""
        server = cls(**how)
        try:
            server.start()
            yield server
        finally:
            server.end()

    def start(self) -> None:
        """Start the server, with what an earlier `stop` left, and return once it answers."""
        raise NotImplementedError

    def answers(self) -> bool:
        """Tell whether the server takes requests."""
        raise NotImplementedError

    def stop(self) -> None:
        """Stop the server; its data stay for the next `start`."""
        self._close(b"keep")

    def kill(self) -> None:
        """Kill the server, as a power cut would; its data stay for the next `start`."""
        assert self._keeper
        server = int(Path(f"/proc/{self._keeper.pid}/task/{self._keeper.pid}/children").read_text().split()[0])
        os.killpg(server, signal.SIGKILL)
        self._close(b"keep")

    def end(self) -> None:
        """Stop the server and delete all that it held."""
        self._close(b"")
        shutil.rmtree(self.folder, ignore_errors=True)
        self.log.close()

    def _keep(self, command: list[str], user: str = "", environment: dict[str, str] | None = None) -> None:
        self._keeper = keep(command, self.folder, self.log, user, environment)
        self._wait_for(self.answers)

    def _close(self, word: bytes) -> None:
        if self._keeper:
            self._keeper.communicate(word)
            self._keeper = None

    def _wait_for(self, ready: Callable[[], bool]) -> None:
        deadline = time.monotonic() + START_WITHIN
        while not ready():
            assert self._keeper
            if self._keeper.poll() is not None or time.monotonic() > deadline:
                self.log.seek(0)
                said = self.log.read().decode(errors="replace")[-2000:]
                raise RuntimeError(f"{self.name} did not start. It said:\n{said}")
            time.sleep(0.05)


def keep(
    command: list[str], folder: Path, log: IO[bytes], user: str = "", environment: dict[str, str] | None = None
) -> "subprocess.Popen[bytes]":
    """Start `command` under a keeper, which stops it when its standard input ends; see `keeper.py`."""
    keeper = [sys.executable, str(Path(__file__).with_name("keeper.py")), user, str(folder), *command]
    return subprocess.Popen(
        keeper, stdin=subprocess.PIPE, stdout=log, stderr=log, env=environment, start_new_session=True
    )


def free_port() -> int:
    """Return a port that nobody listens on, below the range that the kernel gives to outgoing connections."""
    while True:
        port = 10_240 + secrets.randbelow(_first_ephemeral_port() - 10_240)
        if port in TAKEN_BY_DEFAULT_NODES:
            continue
        with contextlib.suppress(OSError), socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
            return port


def _first_ephemeral_port() -> int:
    with contextlib.suppress(OSError, ValueError):
        return max(20_000, int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0]))
    return 32_768
