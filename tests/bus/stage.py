"""Where scenarios are played: green processes, which fork one more for each scenario, so that none pays for imports."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from queue import SimpleQueue

STAGES = 3  # scenarios at a time: most of them wait most of the time

Playbill = dict[str, "Future[str]"]


class Stage:
    """One process that plays one scenario at a time, on a bus that no other stage uses."""

    def __init__(self, process: "subprocess.Popen[str]", bus: str) -> None:
        self._process = process
        self._bus = bus

    def play(self, name: str, database: str, folder: Path) -> str:
        """Return "" if all went well, and else what the scenario had to say."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps([name, self._bus, database, str(folder)]) + "\n")
        self._process.stdin.flush()
        status = self._process.stdout.readline().strip()
        if status == "0":
            return ""
        said = folder / "output"
        return f"ended with {status or 'its stage'}:\n{said.read_text(errors='replace') if said.exists() else ''}"


@contextmanager
def stage(bus: str) -> Iterator[Stage]:
    """Yield a stage on this bus."""
    command = [sys.executable, "-m", "tests.bus.scenarios", "--on-request"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield Stage(process, bus)
        finally:
            assert process.stdin
            process.stdin.close()


@contextmanager
def playing(names: Iterable[str], buses: Iterable[str], database: Callable[[ExitStack], str]) -> Iterator[Playbill]:
    """Play scenarios, one at a time on each bus, and yield how each ends: see `Stage.play`.

    `database(cleaning)` returns the URL of a fresh database, which `cleaning` removes after the scenario.
    """
    with ExitStack() as stages:
        free: SimpleQueue[Stage] = SimpleQueue()
        for bus in buses:
            free.put(stages.enter_context(stage(bus)))

        def play(name: str) -> str:
            chosen = free.get()
            try:
                with ExitStack() as cleaning:
                    return chosen.play(name, database(cleaning), cleaning.enter_context(folder()))
            finally:
                free.put(chosen)

        with ThreadPoolExecutor(free.qsize()) as players:
            try:
                yield {name: players.submit(play, name) for name in names}
            finally:
                players.shutdown(cancel_futures=True)


@contextmanager
def folder() -> Iterator[Path]:
    """Yield a folder in memory, where the machine has such: SQLite waits for the disk at each commit."""
    with tempfile.TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as name:
        yield Path(name)
