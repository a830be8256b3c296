"""Registration: it answers calls, some at once, and books in groups, in transactions that hold the sessions' rows."""

from collections import deque
from typing import TYPE_CHECKING

from benchmarks.capacity.calls import SEEN, Call, Session, Steps
from benchmarks.capacity.costs import BEFORE_LOCK, OF_A_LOOK, STATEMENTS, UNDER_LOCK
from benchmarks.capacity.machine import Process
from services.bus.rpc_server import GROUP, GROUPS, TAKEN_AHEAD
from services.bus.runner import WORKERS

if TYPE_CHECKING:
    from benchmarks.capacity.site import Site


PREFETCH = TAKEN_AHEAD * WORKERS  # requests that RabbitMQ hands to a process beyond those that have a worker


class Requests:
    """The queue of requests in RabbitMQ, which hands them to the processes in turn, and to none more than it takes."""

    def __init__(self) -> None:
        self.processes: list[Registration] = []
        self._waiting: deque[Call] = deque()
        self._turn = 0

    def add(self, call: Call) -> None:
        """Take a request."""
        self._waiting.append(call)
        self.hand_out()

    def hand_out(self) -> None:
        """Hand out as many as the processes have room for."""
        while self._waiting and (process := self._next()) is not None:
            process.take(self._waiting.popleft())

    def _next(self) -> "Registration | None":
        for _ in self.processes:
            process = self.processes[self._turn]
            self._turn = (self._turn + 1) % len(self.processes)
            if process.has_room:
                return process
        return None


class Registration:
    """One process: so many workers, of which each answers one call, or all that wait to book (`grouped.py`)."""

    def __init__(self, site: "Site", queue: Requests) -> None:
        self._site, self._queue = site, queue
        queue.processes.append(self)
        self.process = Process(site.machine)
        self._free = WORKERS
        self._requests: deque[Call] = deque()
        self._gathering: deque[Call] = deque()
        self._under_way: list[set[Session]] = []  # the sessions that each group of bookings is about

    @property
    def has_room(self) -> bool:
        """Whether it takes one request more."""
        return len(self._requests) < PREFETCH

    def take(self, call: Call) -> None:
        """Take a request from the queue."""
        self._requests.append(call)
        self._dispatch()

    def _dispatch(self) -> None:
        while self._free and (calls := self._next()):
            self._free -= 1
            self._site.env.process(self._work(calls))
        self._queue.hand_out()

    def _next(self) -> list[Call]:
        """Return the bookings that are made next, or one other call; none where there is nothing to be done yet."""
        others = deque(call for call in self._requests if call.session is None)
        self._gathering.extend(call for call in self._requests if call.session is not None)
        self._requests = others
        if group := self._next_group():
            return group
        return [self._requests.popleft()] if self._requests else []

    def _next_group(self) -> list[Call]:
        """Return all bookings that wait, but for those of a session that a group under way is about."""
        if not self._gathering or len(self._under_way) == GROUPS:
            return []
        busy = set().union(*self._under_way)
        group = [call for call in self._gathering if call.session not in busy][:GROUP]
        if group:
            taken = set(map(id, group))
            self._gathering = deque(call for call in self._gathering if id(call) not in taken)
            self._under_way.append(self._sessions(group))
        return group

    @staticmethod
    def _sessions(calls: list[Call]) -> set[Session]:
        return {call.session for call in calls if call.session is not None}

    def _work(self, calls: list[Call]) -> Steps:
        site, sessions = self._site, self._sessions(calls)
        yield self.process.use(sum(site.work("registration", "request") for _ in calls))
        awaited = [call for call in calls if site.env.now <= call.until]  # to the others nobody waits any more
        if sessions and awaited:
            yield from self._book(awaited)
        elif awaited:
            yield from self._statements(OF_A_LOOK, 1)
        if sessions:
            self._under_way.remove(sessions)
        self._free += 1
        self._dispatch()
        for call in awaited:
            yield self.process.use(site.work("registration", "reply"))
            yield site.rabbitmq.use(site.work("RabbitMQ", "reply"))
            if not call.reply.triggered:
                call.reply.succeed(call.session.answers[call.key] if call.session else SEEN)

    def _book(self, calls: list[Call]) -> Steps:
        """Make the bookings in one transaction, which holds the rows of their sessions."""
        site, size = self._site, len(calls)
        yield from self._statements(BEFORE_LOCK, size)
        held = []
        for session in sorted(self._sessions(calls), key=lambda session: session.number):
            row = session.row.request()
            held.append((session, row))
            yield row
        yield from self._statements(UNDER_LOCK, size)
        yield site.disk.flush()
        for call in calls:
            if call.session and call.key not in call.session.answers:  # of a repeat nothing is announced
                call.session.take(call.key)
                site.bookings += 1
                site.relay.announce()
        for session, row in held:
            session.row.release(row)

    def _statements(self, number: int, size: int) -> Steps:
        """Send so many of the statements of a transaction of that size to PostgreSQL, one after the other."""
        site = self._site
        for _ in range(number):
            yield self.process.use(site.work_of_group("registration", size, STATEMENTS))
            yield site.postgresql.use(site.work_of_group("PostgreSQL", size, STATEMENTS))
            if site.layout.round_trip:
                yield site.env.timeout(site.ticks(site.layout.round_trip))
