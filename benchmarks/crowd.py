"""A crowd: people who each come at a moment of their own and ask for one thing, whatever became of the others.

Beside `load.py`, which keeps a number of connections busy and so never asks faster than it is answered. Here everybody
has a connection of their own for each attempt, and does as they are told: whoever is answered 503 with Retry-After
waits for so long, and sends the same request again. It runs in a process of its own.
"""

import heapq
import json
import selectors
import socket
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from benchmarks.load import Broken

WITHIN = 600.0  # seconds for all of them
BUSY = "503"


@dataclass(frozen=True)
class Attempt:
    """A request that was sent, in seconds since the first of the crowd could come; `status` "" where it broke off."""

    began: float
    took: float
    status: str
    sent_away_for: float = 0.0  # seconds, by Retry-After; 0 where the answer had none


@dataclass
class Person:
    """Someone who comes `at` so many seconds for what `request` says, and what came of it."""

    kind: str
    at: float
    request: str
    attempts: list[Attempt] = field(default_factory=list)
    body: str = ""  # of the last answer

    @property
    def took(self) -> float:
        """Seconds from the first request to the last answer."""
        return self.ended - self.attempts[0].began

    @property
    def ended(self) -> float:
        """When the last answer had come."""
        return self.attempts[-1].began + self.attempts[-1].took

    @property
    def status(self) -> str:
        """What the last answer was."""
        return self.attempts[-1].status


@dataclass(frozen=True)
class Outcome:
    """What came of a crowd; `late` is how many seconds the generator fell behind at most."""

    people: list[Person]
    late: float
    own_cpu: float
    seconds: float

    def of(self, *kinds: str) -> list[Person]:
        """Return those who came for these things."""
        return [person for person in self.people if person.kind in kinds]


def put_on(port: int, people: Iterable[Person]) -> Outcome:
    """Have all of them come to this machine's `port`, each at their moment. Raises Broken."""
    job = {"port": port, "people": [asdict(person) for person in people]}
    generator = subprocess.run(
        [sys.executable, "-m", "benchmarks.crowd"], input=json.dumps(job), capture_output=True, text=True
    )
    if generator.returncode:
        raise Broken(generator.stderr.strip()[-1000:])
    told = json.loads(generator.stdout)
    return Outcome(_read(told["people"]), told["late"], told["own_cpu"], told["seconds"])


def _read(people: list[dict[str, Any]]) -> list[Person]:
    return [
        Person(**{**person, "attempts": [Attempt(**attempt) for attempt in person["attempts"]]}) for person in people
    ]


class Connection:
    """One attempt: a connection that is opened for it, the request out and the answer in."""

    def __init__(self, person: Person, port: int) -> None:
        self.person = person
        self.answer = b""
        self.began = time.perf_counter()
        self.sock = socket.socket()
        self.sock.setblocking(False)
        self.sock.connect_ex(("127.0.0.1", port))

    def hear(self) -> bool:
        """Read what has come, and tell whether that is all of the answer. Raises OSError where it broke off."""
        received = self.sock.recv(65536)
        if not received:
            raise ConnectionResetError("the connection was closed without a whole answer")
        self.answer += received
        head, end, body = self.answer.partition(b"\r\n\r\n")
        return bool(end) and len(body) >= int(_header(head, b"content-length") or 0)

    def attempt(self, since: float) -> Attempt:
        """Return what came of it."""
        wait = float(_header(self.answer.partition(b"\r\n\r\n")[0], b"retry-after") or 0)
        now = time.perf_counter()
        return Attempt(self.began - since, now - self.began, self.answer[9:12].decode(), wait)


def _header(head: bytes, name: bytes) -> bytes:
    start = head.lower().find(b"\r\n" + name + b":")
    return head[start + len(name) + 3 :].partition(b"\r\n")[0].strip() if start >= 0 else b""


class Crowd:
    """A crowd on its way: who comes next, and who is waiting for an answer."""

    def __init__(self, port: int, people: Sequence[Person]) -> None:
        self._port, self.people = port, people
        self._coming = [(person.at, number) for number, person in enumerate(people)]
        heapq.heapify(self._coming)
        self._late = 0.0

    def run(self) -> Outcome:
        """Have everybody come, again where they were sent away, until each has their answer. Raises Broken."""
        self._began, cpu_began = time.perf_counter(), time.process_time()
        with selectors.DefaultSelector() as selector:
            while self._coming or selector.get_map():
                if self._now > WITHIN:
                    raise Broken(f"not everybody had an answer within {WITHIN:.0f} s")
                self._let_come(selector)
                wait = max(0.0, self._coming[0][0] - self._now) if self._coming else 1.0
                for key, _ in selector.select(min(wait, 1.0)):
                    self._go_on(key, selector)
        return Outcome(list(self.people), self._late, time.process_time() - cpu_began, self._now)

    @property
    def _now(self) -> float:
        return time.perf_counter() - self._began

    def _let_come(self, selector: selectors.BaseSelector) -> None:
        while self._coming and self._coming[0][0] <= self._now:
            at, number = heapq.heappop(self._coming)
            self._late = max(self._late, self._now - at)
            connection = Connection(self.people[number], self._port)
            selector.register(connection.sock, selectors.EVENT_WRITE, (number, connection))

    def _go_on(self, key: selectors.SelectorKey, selector: selectors.BaseSelector) -> None:
        number, connection = key.data
        try:
            if key.events == selectors.EVENT_WRITE:
                connection.sock.sendall(connection.person.request.encode())
                selector.modify(connection.sock, selectors.EVENT_READ, key.data)
                return
            if not connection.hear():
                return
        except OSError:  # as when a server closes a connection with a request in it that it has not read
            connection.answer = b""
        selector.unregister(connection.sock)
        connection.sock.close()
        self._note(number, connection)

    def _note(self, number: int, connection: Connection) -> None:
        attempt = connection.attempt(self._began)
        connection.person.attempts.append(attempt)
        connection.person.body = connection.answer.partition(b"\r\n\r\n")[2].decode(errors="replace")
        if attempt.status in (BUSY, ""):
            heapq.heappush(self._coming, (self._now + max(1.0, attempt.sent_away_for), number))


def main() -> int:
    """Do the job that standard input describes, and print what came of it."""
    job = json.load(sys.stdin)
    try:
        outcome = Crowd(job["port"], _read(job["people"])).run()
    except Broken as error:
        print(error, file=sys.stderr)
        return 1
    print(json.dumps(asdict(outcome)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
