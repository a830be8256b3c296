"""Calls between two processes: the bus's own RPC beside that of stock nameko, in turns, on the same broker."""

import json
import select
import statistics
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import IO, cast

from benchmarks import load
from benchmarks.processes import rabbitmq
from benchmarks.report import Table, figure
from tests.servers import free_port

EXPECTED = 1.8  # times stock nameko
WAYS = ("lean", "stock")
CONNECTIONS = 32
AMOUNTS = {"full": (5, 4.0), "quick": (2, 1.5), "tiny": (1, 0.3)}  # turns, and seconds of each
Turn = dict[str, tuple[float, float]]  # way -> calls a second, p99 in milliseconds


def measure(rounds: int, seconds: float) -> Table:
    """Measure both ways in turns, and return calls a second and the median of the ratios. Raises Broken."""
    title = f"RPC over RabbitMQ, two processes, {CONNECTIONS} at a time, {rounds} turns each (medians)"
    table = Table(title, "ours ÷ stock", "ours a second", "stock", "our p99", "stock's p99")
    with rabbitmq() as bus, ExitStack() as running:
        for way in WAYS:
            running.enter_context(_part(way, "answer", bus))
        _add(table, "call, reply", [{way: _calls(way, bus, seconds) for way in WAYS} for _ in range(rounds)])
        ports = {way: running.enter_context(_door(way, bus)) for way in WAYS}
        _add(table, "HTTP, call, reply, HTTP", [_requests(ports, seconds) for _ in range(rounds)])
    return table


def _add(table: Table, what: str, turns: list[Turn]) -> None:
    ratio = statistics.median(turn["lean"][0] / turn["stock"][0] for turn in turns)
    rates = [figure(statistics.median(turn[way][0] for turn in turns)) for way in WAYS]
    late = [figure(statistics.median(turn[way][1] for turn in turns), " ms") for way in WAYS]
    table.add(what, figure(ratio, at_least=EXPECTED), *rates, *late)


def _calls(way: str, bus: str, seconds: float) -> tuple[float, float]:
    with _part(way, "call", bus, str(seconds)) as said:
        line = said.readline() if select.select([said], [], [], seconds + load.PATIENCE)[0] else b""
        if not line:
            raise load.Broken(f"the {way} caller has no result")
        result = json.loads(line)
        return result["rate"], result["p99"]


def _requests(ports: dict[str, int], seconds: float) -> Turn:
    turn = {}
    for way in WAYS:
        outcome = load.put_on(ports[way], [load.get("/")], connections=CONNECTIONS, seconds=seconds)
        outcome.check()
        turn[way] = outcome.rate, outcome.p99
    return turn


@contextmanager
def _door(way: str, bus: str) -> Iterator[int]:
    port = free_port()
    with _part(way, "door", bus, str(port)):
        deadline = time.monotonic() + 20
        while not _answers(port):
            if time.monotonic() > deadline:
                raise load.Broken(f"the {way} door does not answer")
            time.sleep(0.1)
        yield port


def _answers(port: int) -> bool:
    try:
        return urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5).status == 200
    except (urllib.error.URLError, OSError):
        return False


@contextmanager
def _part(*words: str) -> Iterator[IO[bytes]]:
    """Run one part of `echoes.py`, and yield what it prints."""
    command = [sys.executable, "-m", "benchmarks.echoes", *words]
    part = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        yield cast(IO[bytes], part.stdout)
    finally:
        try:
            part.communicate(timeout=10)  # the end of its standard input ends it
        except subprocess.TimeoutExpired:
            part.kill()
            part.communicate()
