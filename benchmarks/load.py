"""The load generator: keeps a number of HTTP connections busy, from a process of its own.

It is not what is to be measured, so it does as little as it can: requests are written out beforehand, sockets are
plain, answers are read no further than their status and length. Its own share of a core is part of the outcome.
"""

import json
import selectors
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass

PATIENCE = 30.0  # seconds that one answer may take


class Broken(Exception):
    """The load could not be put on: a connection broke, or nothing answered."""


@dataclass(frozen=True)
class Outcome:
    """What came of a load. Times in milliseconds; `own_share` is the generator's share of one core."""

    answers: int
    seconds: float
    statuses: dict[str, int]
    p50: float
    p99: float
    own_cpu: float
    sample: str = ""  # the first answer that was no success

    @property
    def rate(self) -> float:
        """Answers a second."""
        return self.answers / self.seconds

    @property
    def own_share(self) -> float:
        """The generator's share of one core."""
        return self.own_cpu / self.seconds

    @property
    def failures(self) -> int:
        """How many answers were no success."""
        return sum(number for status, number in self.statuses.items() if not status.startswith("2"))

    def check(self) -> None:
        """Raise Broken unless every answer was a success."""
        if self.failures:
            raise Broken(f"{self.failures} of {self.answers} answers were no success: {self.statuses}\n{self.sample}")


def put_on(port: int, requests: Sequence[str], *, connections: int, seconds: float | None = None) -> Outcome:
    """Send `requests` to this machine's `port`, each once; or, given `seconds`, again and again for so long.

    Raises Broken.
    """
    job = {"port": port, "requests": list(requests), "connections": connections, "seconds": seconds}
    generator = subprocess.run(
        [sys.executable, "-m", "benchmarks.load"], input=json.dumps(job), capture_output=True, text=True
    )
    if generator.returncode:
        raise Broken(generator.stderr.strip()[-1000:])
    return Outcome(**json.loads(generator.stdout))


def get(path: str, **headers: str) -> str:
    """Return a request for a page; `headers` in Python's spelling."""
    return f"GET {path} HTTP/1.1\r\nHost: localhost\r\n{_named(headers)}\r\n"


def post(path: str, content: object, **headers: str) -> str:
    """Return a request that sends JSON; `headers` in Python's spelling."""
    body = json.dumps(content)
    about = f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    return f"POST {path} HTTP/1.1\r\nHost: localhost\r\n{about}{_named(headers)}\r\n{body}"


def _named(headers: dict[str, str]) -> str:
    return "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())


class Client:
    """One connection: a request out, its answer in, and the next."""

    def __init__(self, port: int) -> None:
        self.sock = socket.create_connection(("127.0.0.1", port), PATIENCE)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.answer = b""

    def ask(self, request: bytes) -> None:
        self.answer = b""
        self.began = time.perf_counter()
        self.sock.sendall(request)

    def hear(self) -> bool:
        """Read what has come, and tell whether that is all of the answer. Raises Broken."""
        received = self.sock.recv(262_144)
        if not received:
            raise Broken(f"a connection was closed after {self.answer[:200]!r}")
        self.answer += received
        head = self.answer.find(b"\r\n\r\n")
        if head < 0:
            return False
        start = self.answer.lower().find(b"\r\ncontent-length:", 0, head)
        length = int(self.answer[start + 17 : self.answer.find(b"\r\n", start + 17)]) if start >= 0 else 0
        return len(self.answer) >= head + 4 + length


class Load:
    """A load under way: each request once, or again and again for so many seconds."""

    def __init__(self, port: int, requests: Sequence[bytes], connections: int, seconds: float | None) -> None:
        self._clients = [Client(port) for _ in range(connections)]
        self._requests = requests
        self._most = None if seconds else len(requests)
        self._seconds = seconds or float("inf")
        self._asked = 0
        self._took: list[float] = []
        self._statuses: Counter[str] = Counter()
        self._sample = ""

    def run(self) -> Outcome:
        """Put the load on, and return what came of it. Raises Broken."""
        began, cpu_began = time.perf_counter(), time.process_time()
        self._end = began + self._seconds
        with selectors.DefaultSelector() as selector:
            for client in self._clients:
                selector.register(client.sock, selectors.EVENT_READ, client)
                self._ask(client, selector)
            while selector.get_map():
                ready = selector.select(PATIENCE)
                if not ready:
                    raise Broken(f"no answer came for {PATIENCE:.0f} s")
                for key, _ in ready:
                    self._hear(key.data, selector)
        return self._outcome(time.perf_counter() - began, time.process_time() - cpu_began)

    def _ask(self, client: Client, selector: selectors.BaseSelector) -> None:
        if self._asked == self._most or time.perf_counter() >= self._end:
            selector.unregister(client.sock)
            return
        client.ask(self._requests[self._asked % len(self._requests)])
        self._asked += 1

    def _hear(self, client: Client, selector: selectors.BaseSelector) -> None:
        if not client.hear():
            return
        self._took.append(time.perf_counter() - client.began)
        status = client.answer[9:12].decode()
        self._statuses[status] += 1
        if not status.startswith("2") and not self._sample:
            self._sample = client.answer.decode(errors="replace")
        self._ask(client, selector)

    def _outcome(self, seconds: float, cpu: float) -> Outcome:
        took = sorted(self._took)
        p50, p99 = (took[len(took) * share // 100] * 1000 for share in (50, 99))
        return Outcome(len(took), seconds, dict(self._statuses), p50, p99, cpu, self._sample[:1000])


def main() -> int:
    """Do the job that standard input describes, and print what came of it."""
    job = json.load(sys.stdin)
    requests = [request.encode() for request in job["requests"]]
    try:
        outcome = Load(job["port"], requests, job["connections"], job["seconds"]).run()
    except (Broken, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    print(json.dumps(asdict(outcome)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
