"""Registration: it answers calls, some at once, and books in a transaction that holds the session's row."""

from collections import Counter, deque
from typing import TYPE_CHECKING

from benchmarks.capacity.calls import SEEN, Call, Session, Steps
from benchmarks.capacity.costs import BEFORE_LOCK, OF_A_LOOK, STATEMENTS, UNDER_LOCK
from benchmarks.capacity.machine import Process
from services.bus.rpc_server import LANE_SHARE, TAKEN_AHEAD
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
    """One process: so many workers, of which only some are at work on the same session (`Lanes` in the code)."""

    def __init__(self, site: "Site", queue: Requests) -> None:
        self._site, self._queue = site, queue
        queue.processes.append(self)
        self.process = Process(site.machine)
        self._free = WORKERS
        self._requests: deque[Call] = deque()
        self._inside: Counter[Session] = Counter()
        self._lanes: dict[Session, deque[Call]] = {}
        self._let_in: deque[Call] = deque()

    @property
    def has_room(self) -> bool:
        """Whether it takes one request more."""
        return len(self._requests) < PREFETCH

    def take(self, call: Call) -> None:
        """Take a request from the queue."""
        self._requests.append(call)
        self._dispatch()

    def _dispatch(self) -> None:
        while self._free and (call := self._next()) is not None:
            self._free -= 1
            self._site.env.process(self._work(call))
        self._queue.hand_out()

    def _next(self) -> Call | None:
        """Return the next request that may be worked on; put others of a session that is full of workers aside."""
        if self._let_in:
            return self._let_in.popleft()
        while self._requests:
            call = self._requests.popleft()
            if call.session is None:
                return call
            if self._inside[call.session] < WORKERS // LANE_SHARE:
                self._inside[call.session] += 1
                return call
            self._lanes.setdefault(call.session, deque()).append(call)
        return None

    def _work(self, call: Call) -> Steps:
        site, answer = self._site, None
        yield self.process.use(site.work("registration", "request"))
        if site.env.now <= call.until:  # otherwise nobody waits for the answer any more
            answer = yield from self._answer(call.session, call.key)
        self._release(call)
        if answer is not None:
            yield self.process.use(site.work("registration", "reply"))
            yield site.rabbitmq.use(site.work("RabbitMQ", "reply"))
            if not call.reply.triggered:
                call.reply.succeed(answer)

    def _answer(self, session: Session | None, key: int) -> Steps:
        site = self._site
        if session is None:
            yield from self._statements(OF_A_LOOK)
            return SEEN
        yield from self._statements(BEFORE_LOCK)
        with session.row.request() as row:
            yield row
            yield from self._statements(UNDER_LOCK)
            yield site.disk.flush()
            is_new = key not in session.answers
            answer = session.take(key)
        if is_new:  # of a repeat nothing is announced: it is undone
            site.bookings += 1
            site.relay.announce()
        return answer

    def _statements(self, number: int) -> Steps:
        site = self._site
        for _ in range(number):
            yield self.process.use(site.work("registration", "transaction", STATEMENTS))
            yield site.postgresql.use(site.work("PostgreSQL", "transaction", STATEMENTS))
            if site.layout.round_trip:
                yield site.env.timeout(site.ticks(site.layout.round_trip))

    def _release(self, call: Call) -> None:
        self._free += 1
        if call.session in self._lanes:
            lane = self._lanes[call.session]
            self._let_in.append(lane.popleft())
            if not lane:
                del self._lanes[call.session]
        elif call.session is not None:
            self._inside[call.session] -= 1
        self._dispatch()
