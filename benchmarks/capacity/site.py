"""A site: gateways, registration, PostgreSQL, RabbitMQ and the readers of events, on cores that all of them share."""

from collections import Counter
from dataclasses import dataclass
from itertools import cycle
from random import Random

from simpy import Environment

from benchmarks.capacity.calls import Session, Steps
from benchmarks.capacity.costs import Costs
from benchmarks.capacity.gateway import Gateway
from benchmarks.capacity.machine import MS, SECOND, Disk, Machine, Process
from benchmarks.capacity.readers import Relay
from benchmarks.capacity.registration import Registration, Requests

OTHERS = 5.0  # milliseconds in which something else is busy once
BACKENDS = 300  # connections to PostgreSQL, of which each is a process there: as many as our manifests allow


@dataclass(frozen=True)
class Layout:
    """How a site is built: the cores that all share, the processes of each part, and the way between two machines.

    `round_trip` is in milliseconds: there and back between registration and PostgreSQL.
    """

    cores: int = 2
    gateways: int = 1
    registrations: int = 1
    notifications: int = 1
    communities: int = 1
    round_trip: float = 0.0


class Site:
    """A site under load. Whoever books runs `book`, and whoever reads runs `read`; all of it counts what it does."""

    def __init__(self, env: Environment, layout: Layout, costs: Costs, seed: int) -> None:
        self.env, self.layout, self._costs = env, layout, costs
        self._random = Random(seed)
        self.bookings = 0
        self.machine = Machine(env, layout.cores)
        self.disk = Disk(env, self.ticks(costs.flush))
        self.load = Process(self.machine)
        self.postgresql = Process(self.machine, BACKENDS)
        self.rabbitmq = Process(self.machine, layout.cores)
        self.requests = Requests()
        self.registrations = [Registration(self, self.requests) for _ in range(layout.registrations)]
        self.gateways = [Gateway(self) for _ in range(layout.gateways)]
        self.relay = Relay(self, self.registrations[0].process)
        self._gateway = cycle(self.gateways)

    def ticks(self, milliseconds: float) -> int:
        """Return a time as the simulation counts it."""
        return max(1, round(milliseconds * MS))

    def work(self, process: str, step: str, parts: int = 1) -> int:
        """Return how long one of the equal parts of a step takes this time: exponentially distributed."""
        return self.ticks(self._random.expovariate(parts / self._costs.of(process, step)))

    def work_of_group(self, process: str, size: int, parts: int) -> int:
        """Return how long one of the equal parts of a transaction takes that makes so many bookings."""
        return self.ticks(self._random.expovariate(parts / self._costs.of_group(process, size)))

    def work_of(self, process: str, step: str, batch: int) -> int:
        """Return how long a step takes that is done for so many bookings at once."""
        return self.ticks(self._costs.of(process, step) * batch)

    def book(self, session: Session, key: int) -> Steps:
        """Ask for a place, at the gateway whose turn it is; return the answer."""
        return (yield from next(self._gateway).ask(session, key))

    def read(self) -> Steps:
        """Ask for a page, signed in, at the gateway whose turn it is; return the answer."""
        return (yield from next(self._gateway).ask(None))

    def others(self, cores: float) -> Steps:
        """Keep a part of a core busy with what is none of ours, and has its share before us."""
        others = Process(self.machine, niceness=0)
        while True:
            began = self.env.now
            yield others.use(self.ticks(OTHERS * cores))
            yield self.env.timeout(max(0, began + self.ticks(OTHERS) - self.env.now))

    def cpu(self) -> Counter[str]:
        """Return the seconds of CPU that each part has used."""
        parts = {
            "gateway": [gateway.process for gateway in self.gateways],
            "registration": [registration.process for registration in self.registrations],
            "notifications": self.relay.notifications.processes,
            "community": self.relay.community.processes,
            "PostgreSQL": [self.postgresql],
            "RabbitMQ": [self.rabbitmq],
            "load": [self.load],
        }
        return Counter({name: sum(process.busy for process in those) / SECOND for name, those in parts.items()})
