"""What is shared while people book: cores, the one thread of a process, and the disk that a commit waits for.

Time is in whole microseconds, so that a run is the same on every machine: no rounding decides which of two is first.
"""

from collections import deque
from heapq import heappop, heappush
from itertools import count

from simpy import Environment, Event

MS = 1000  # microseconds
SECOND = 1_000_000
# Microseconds of a core that a thread gets before others have their turn: on 2 cores, what Linux 6.12 and newer give.
TURN = 1400


class Machine:
    """Cores. The next turn goes to the thread that has had least of them, as in Linux's fair scheduler."""

    def __init__(self, env: Environment, cores: int) -> None:
        self.env, self.cores = env, cores
        self.busy = 0  # microseconds of work done, of all cores
        self._idle = cores
        self._ready: list[tuple[int, int, _Thread]] = []
        self._order = count()
        self._least = 0  # what the thread that had the last turn has had: who wakes up has no more to catch up

    def wake(self, thread: "_Thread") -> None:
        """Have the thread, which has work, wait for its turn."""
        thread.had = max(thread.had, self._least)
        self._wait(thread)
        self._give_turns()

    def _wait(self, thread: "_Thread") -> None:
        heappush(self._ready, (thread.had, next(self._order), thread))

    def _give_turns(self) -> None:
        while self._idle and self._ready:
            had, _, thread = heappop(self._ready)
            self._least = max(self._least, had)
            self._idle -= 1
            turn = min(thread.left, TURN)
            end = self.env.timeout(turn, (thread, turn))
            end.callbacks.append(self._end_turn)

    def _end_turn(self, end: Event) -> None:
        thread, turn = end.value
        self._idle += 1
        self.busy += turn
        thread.process.busy += turn
        thread.had += turn * thread.process.niceness
        thread.left -= turn
        if thread.left or thread.process.finish(thread):
            self._wait(thread)
        self._give_turns()


class _Thread:
    """One of a process's threads: what it has had of the cores, and what is left to do of its job."""

    __slots__ = ("done", "had", "left", "process")

    def __init__(self, process: "Process") -> None:
        self.process, self.had, self.left = process, 0, 0
        self.done: Event | None = None


class Process:
    """A program with some threads, of which each does one job at a time, first come, first served.

    One thread is a service of ours, whose green threads share it; PostgreSQL has one for each connection. `niceness` is
    by how many times a turn counts: a process that gives way gets so much less.
    """

    def __init__(self, machine: Machine, threads: int = 1, niceness: int = 1) -> None:
        self._machine, self.niceness = machine, niceness
        self.busy = 0  # microseconds that it has had of all cores
        self._free = [_Thread(self) for _ in range(threads)]
        self._jobs: deque[tuple[int, Event]] = deque()

    def use(self, work: int) -> Event:
        """Return an event that happens once so many microseconds of work have been done."""
        done = self._machine.env.event()
        self._jobs.append((work, done))
        if self._free:
            thread = self._free.pop()
            self._begin(thread)
            self._machine.wake(thread)
        return done

    def finish(self, thread: _Thread) -> bool:
        """End a thread's job, and begin the next; say whether there is one."""
        thread.done.succeed()
        if self._jobs:
            self._begin(thread)
            return True
        self._free.append(thread)
        return False

    def _begin(self, thread: _Thread) -> None:
        thread.left, thread.done = self._jobs.popleft()


class Disk:
    """A disk that a commit waits for. Who commits while it writes is written the next time, with all who wait then."""

    def __init__(self, env: Environment, takes: int) -> None:
        self._env, self._takes = env, takes
        self.writes = self.commits = 0  # done, and waited for
        self._waiting: list[Event] = []
        self._writing = False

    def flush(self) -> Event:
        """Return an event that happens once what was written before is safe."""
        safe = self._env.event()
        self.commits += 1
        self._waiting.append(safe)
        if not self._writing:
            self._write()
        return safe

    def _write(self) -> None:
        self._writing = True
        self.writes += 1
        served, self._waiting = self._waiting, []
        self._env.timeout(self._takes, served).callbacks.append(self._written)

    def _written(self, end: Event) -> None:
        self._writing = False
        for safe in end.value:
            safe.succeed()
        if self._waiting:
            self._write()
