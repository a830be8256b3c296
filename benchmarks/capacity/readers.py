"""What follows a booking: the relay publishes its event, and notifications and the community handle it."""

from collections import deque
from collections.abc import Generator
from typing import TYPE_CHECKING, Any

from simpy import Event

from benchmarks.capacity.calls import Steps
from benchmarks.capacity.machine import SECOND, Process
from services.bus import inbox, relay

if TYPE_CHECKING:
    from benchmarks.capacity.site import Site

SENDERS = 4  # green threads of a process of notifications that send emails (services/notifications/service.py)
NICENESS = 9  # by how many times a turn counts of what gives way: for Linux, nice 10 is a ninth of the weight of nice 0


class Queue:
    """How many wait for those who take them, some at a time."""

    def __init__(self, site: "Site") -> None:
        self._site = site
        self.length = 0
        self._takers: deque[Event] = deque()

    def add(self, number: int) -> None:
        """Add some, and wake as many takers."""
        self.length += number
        for _ in range(min(len(self._takers), number)):
            self._takers.popleft().succeed()

    def take(self, most: int) -> Generator[Event, Any, int]:
        """Wait until there is one at least; take as many as there are, and return how many."""
        while not self.length:
            self._takers.append(self._site.env.event())
            yield self._takers[-1]
        taken = min(most, self.length)
        self.length -= taken
        return taken


class Relay:
    """Publishes what registration has announced, batch after batch, as a part of one process of registration."""

    def __init__(self, site: "Site", process: Process) -> None:
        self._site, self._process = site, process
        self._outbox = Queue(site)
        self.notifications = Notifications(site)
        self.community = Community(site)
        site.env.process(self._run())

    def announce(self) -> None:
        """Note that there is one more event in the outbox."""
        self._outbox.add(1)

    def _run(self) -> Steps:
        site = self._site
        while True:
            batch = yield from self._outbox.take(relay.BATCH)
            yield site.postgresql.use(site.work_of("PostgreSQL", "relay", batch))
            yield site.disk.flush()
            yield self._process.use(site.work_of("registration", "relay", batch))
            yield site.rabbitmq.use(site.work_of("RabbitMQ", "event", batch))
            self.notifications.queue.add(batch)
            self.community.queue.add(batch)
            if batch < relay.BATCH:
                yield site.env.timeout(round(relay.GATHER * SECOND))


class Reader:
    """A service that hears of bookings, in some processes."""

    def __init__(self, site: "Site", name: str, processes: int, niceness: int = 1) -> None:
        self._site, self._name = site, name
        self.queue = Queue(site)
        self.handled, self.last_handled = 0, 0  # events, and when
        self.processes = [Process(site.machine, niceness=niceness) for _ in range(processes)]
        for process in self.processes:
            site.env.process(self._handle(process))

    def _handle(self, process: Process) -> Steps:
        site = self._site
        while True:
            batch = yield from self.queue.take(inbox.BATCH)
            for _ in range(batch):
                yield process.use(site.work(self._name, "event"))
                yield site.postgresql.use(site.work("PostgreSQL", self._name))
            yield site.disk.flush()
            self.handled += batch
            self.last_handled = site.env.now
            self._then(batch)

    def _then(self, batch: int) -> None:
        """Do what follows from so many events."""


class Community(Reader):
    """The community. Bookings change no figure of reach before their session is over."""

    def __init__(self, site: "Site") -> None:
        super().__init__(site, "community", site.layout.communities)


class Notifications(Reader):
    """Notifications: an event becomes an email, and that is sent."""

    def __init__(self, site: "Site") -> None:
        super().__init__(site, "notifications", site.layout.notifications, NICENESS)
        self._emails = Queue(site)
        self.mailed, self.last_mailed = 0, 0  # emails, and when
        for process in self.processes * SENDERS:
            site.env.process(self._send(process))

    def _then(self, batch: int) -> None:
        self._emails.add(batch)

    def _send(self, process: Process) -> Steps:
        site = self._site
        while True:
            yield from self._emails.take(1)
            yield process.use(site.work("notifications", "email"))
            yield site.postgresql.use(site.work("PostgreSQL", "email"))
            yield site.disk.flush()
            self.mailed += 1
            self.last_mailed = site.env.now
