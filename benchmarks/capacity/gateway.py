"""The gateway: it takes requests, asks registration, and lets nobody wait for ever."""

from collections import deque
from typing import TYPE_CHECKING

from simpy import Environment, Event

from benchmarks.capacity.calls import BUSY, LATE, Call, Session, Steps
from benchmarks.capacity.costs import PAGE
from benchmarks.capacity.machine import SECOND, Process
from services.bus.rpc import DEADLINE, UNDER_WAY, WAITING_SHARE

if TYPE_CHECKING:
    from benchmarks.capacity.site import Site


class Gateway:
    """One process: at most so many of its calls are under way; the others wait for a while, and are then sent away."""

    def __init__(self, site: "Site") -> None:
        self._site = site
        self.process = Process(site.machine)
        self._under_way = 0
        self._waiting: deque[Event] = deque()
        self._room = Patience(site.env, DEADLINE * WAITING_SHARE)
        self._replies = Patience(site.env, DEADLINE)

    def ask(self, session: Session | None, key: int = 0) -> Steps:
        """Ask registration for a place, or who is there; return the answer, BUSY or LATE."""
        site, until = self._site, self._site.env.now + round(DEADLINE * SECOND)
        yield self.process.use(site.work("gateway", "request"))
        if not (yield from self._enter()):
            return BUSY
        reply = self._replies.limit(site.env.event())
        yield site.rabbitmq.use(site.work("RabbitMQ", "request"))
        site.requests.add(Call(session, key, until, reply))
        answer = yield reply
        self._leave()
        yield self.process.use(site.work("gateway", "answer") if session else site.ticks(PAGE))
        return answer

    def _enter(self) -> Steps:
        if self._under_way < UNDER_WAY:
            self._under_way += 1
            return True
        room = self._room.limit(self._site.env.event())
        self._waiting.append(room)
        return (yield room) != LATE

    def _leave(self) -> None:
        while self._waiting:
            room = self._waiting.popleft()
            if not room.triggered:
                room.succeed()
                return
        self._under_way -= 1


class Patience:
    """Ends what has been waited for too long. All wait equally long, so those who began first give up first."""

    def __init__(self, env: Environment, seconds: float) -> None:
        self._env, self._time = env, round(seconds * SECOND)
        self._waiting: deque[tuple[int, Event]] = deque()
        self._some = env.event()
        env.process(self._run())

    def limit(self, waited_for: Event) -> Event:
        """Have the event happen with the value LATE, if it has not happened in time."""
        self._waiting.append((self._env.now + self._time, waited_for))
        if not self._some.triggered:
            self._some.succeed()
        return waited_for

    def _run(self) -> Steps:
        while True:
            yield self._some
            while self._waiting:
                at, waited_for = self._waiting.popleft()
                if not waited_for.triggered and at > self._env.now:
                    yield self._env.timeout(at - self._env.now)
                if not waited_for.triggered:
                    waited_for.succeed(LATE)
            self._some = self._env.event()
