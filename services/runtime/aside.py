"""Work that keeps a processor busy, done in a thread of its own, so that the one that answers requests goes on.

Only for what lets other threads run meanwhile (it releases Python's lock, as Typst and Pillow do) and touches nothing
that the answering thread changes. So much is done at once, so much waits, and nobody waits for ever.
"""

import time
from collections.abc import Callable
from typing import TypeVar

import eventlet
from eventlet import tpool
from eventlet.queue import Empty, Queue

from services.runtime.refusals import Unavailable

T = TypeVar("T")
AT_ONCE, WAITING, SECONDS = 2, 8, 10.0


class Aside:
    """`at_once` pieces of work are under way, and `waiting` more wait; each is given up after so many `seconds`."""

    def __init__(self, at_once: int = AT_ONCE, waiting: int = WAITING, seconds: float = SECONDS) -> None:
        self._most, self._seconds, self._there = at_once + waiting, seconds, 0
        self._free = Queue()
        for number in range(at_once):
            self._free.put(number)

    def do(self, work: Callable[[int], T]) -> T:
        """Return what `work` returns, which is told its number among those done at once. Raises what it raises.

        Raises Unavailable where too many are there, or it is not done in time: its thread then ends by itself.
        """
        if self._there >= self._most:
            raise Unavailable("Headrow is busy. Try again in a moment.", retry_after=2)
        end = time.monotonic() + self._seconds
        self._there += 1
        try:
            number = self._free.get(timeout=self._seconds)
        except Empty:
            self._there -= 1
            raise _late() from None
        doing = eventlet.spawn(self._do, number, work)
        with eventlet.Timeout(max(0.001, end - time.monotonic()), _late()):
            outcome: tuple[T, Exception | None] = doing.wait()
        done, failure = outcome
        if failure is not None:
            raise failure
        return done

    def _do(self, number: int, work: Callable[[int], T]) -> tuple[T | None, Exception | None]:
        try:
            return tpool.execute(work, number), None
        except Exception as failure:
            return None, failure
        finally:
            self._there -= 1
            self._free.put(number)


def _late() -> Unavailable:
    return Unavailable("This took too long. Try again in a moment.", retry_after=5)
