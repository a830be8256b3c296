"""Turns: of the requests about one thing, some are passed on at once; the rest wait, or are told when to come again.

In a rush for one thing, a service is asked faster than it answers. Whoever waited for it regardless would wait in vain,
and hold up everybody who asks for something else. So each thing has a lane of so many requests under way. Behind it as
many wait as will have their turn soon, by how fast the lane has moved until now. All others are sent away at once, with
503 and the moment at which there will be room (Retry-After): one moment for each, as far apart as the lane can take.
Whoever comes back with the same Idempotency-Key goes before those who come for the first time, so that two or three
requests are enough for anyone. Turns are of one process; a gateway beside it has its own.

Nothing here is locked: in a gateway, one request runs at a time, until it waits.
"""

import math
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from threading import Event
from typing import Final

from services.runtime.refusals import Unavailable

# Of the 32 calls that may be under way to a service (services/bus/rpc.py): what is about one thing, and about all.
OF_ONE: Final = 24
OF_ALL: Final = 28
FEWEST: Final = 4  # under way in a lane, however slowly it moves; else as many as are answered in a second
SOON: Final = 2.0  # seconds: who will probably have their turn by then may wait for it
ALMOST_FREE: Final = 0.5  # seconds: a lane with no more than that before it also takes who comes for the first time
LONGEST: Final = 3.0  # seconds: whoever has waited so long is sent away after all
ASSUMED: Final = 50.0  # answers a second, until a lane has given some
ENOUGH, RECENT = 10, 200  # answers that say how fast a lane moves: so many at least and at most
FARTHEST: Final = 120.0  # seconds for which someone is sent away at most
GRACE: Final = 5.0  # seconds after their moment, in which whoever was sent away is still expected
MOST_TICKETS: Final = 20_000
MANY_LANES: Final = 200


@dataclass(frozen=True)
class Ticket:
    """Someone who was sent away: the number that says who came before them, and the moment to come again."""

    number: int
    moment: float


class Lane:
    """The requests about one thing: those under way, those that wait, and those that were sent away."""

    def __init__(self, width: int, ticks: Callable[[], float]) -> None:
        self._width, self._ticks = width, ticks
        self._inside = 0
        self._waiting: deque[Event] = deque()
        self._rate, self._left = ASSUMED, deque[float](maxlen=RECENT)
        self._tickets: OrderedDict[str, Ticket] = OrderedDict()  # of those who were sent away, first come first
        self._numbers = count()

    @property
    def over(self) -> bool:
        """Whether nobody is there, nor expected."""
        self._forget_who_stays_away()
        return not self._inside and not self._tickets

    def enter(self, key: str | None) -> None:
        """Wait for a turn. Raises Unavailable, with the seconds after which to come again."""
        if self._has_room and not self._waiting:
            self._inside += 1
        else:
            self._wait(key)
        self._tickets.pop(key or "", None)

    def leave(self, answered: bool = True) -> None:
        """Note that a request is over, `answered` or given up; the next one has its turn."""
        if answered:
            self._measure()
        self._inside -= 1
        while self._waiting and self._has_room:
            self._inside += 1
            self._waiting.popleft().set()

    @property
    def _has_room(self) -> bool:
        return self._inside < min(self._width, max(FEWEST, self._rate))

    def _wait(self, key: str | None) -> None:
        expected = len(self._waiting) / self._rate
        if expected > (SOON if self._is_next(key) else ALMOST_FREE):
            raise self._sent_away(key)
        turn = Event()
        self._waiting.append(turn)
        if not turn.wait(LONGEST) and turn in self._waiting:  # else its turn came at the last moment
            self._waiting.remove(turn)
            raise self._sent_away(key)

    def _is_next(self, key: str | None) -> bool:
        """Say whether it is someone's moment, or there is nobody who is to come before them."""
        self._forget_who_stays_away()
        ticket = self._tickets.get(key or "")
        return not self._tickets or (ticket is not None and ticket.moment <= self._ticks())

    def _measure(self) -> None:
        """Note how many are answered a second while others wait; else it is as many as ask, and says nothing."""
        if not self._waiting:
            self._left.clear()
            return
        self._left.append(self._ticks())
        if len(self._left) >= ENOUGH:
            self._rate = (len(self._left) - 1) / max(0.001, self._left[-1] - self._left[0])

    def _sent_away(self, key: str | None) -> Unavailable:
        """Return what tells someone when to come: after all who were sent away before them."""
        now, ticket = self._ticks(), self._tickets.get(key or "")
        number = ticket.number if ticket is not None else next(self._numbers)
        if ticket is None or ticket.moment <= now:
            before = len(self._waiting) + number - self._first(number)
            ticket = Ticket(number, now + min(FARTHEST, max(1.0, before / self._rate - ALMOST_FREE)))
        if key:
            self._tickets[key] = ticket
        if len(self._tickets) > MOST_TICKETS:
            self._tickets.popitem(last=False)
        return Unavailable("Very many people are asking for this just now.", retry_after=math.ceil(ticket.moment - now))

    def _first(self, number: int) -> int:
        """Return the number of the first who was sent away and has not come back; `number` where nobody was."""
        return next(iter(self._tickets.values())).number if self._tickets else number

    def _forget_who_stays_away(self) -> None:
        while self._tickets and next(iter(self._tickets.values())).moment < self._ticks() - GRACE:
            self._tickets.popitem(last=False)


class Turns:
    """The lanes of one process."""

    def __init__(self, ticks: Callable[[], float]) -> None:
        self._ticks = ticks
        self._lanes: dict[str | None, Lane] = {}  # None: of all requests

    @contextmanager
    def taken(self, about: str, key: str | None) -> Iterator[None]:
        """Wait for a turn among the requests `about` one thing, and then among all. Raises Unavailable."""
        with self._turn(about, OF_ONE, key), self._turn(None, OF_ALL, key):
            yield

    @contextmanager
    def _turn(self, about: str | None, width: int, key: str | None) -> Iterator[None]:
        lane = self._lanes.get(about) or self._opened(about, width)
        lane.enter(key)
        answered = True
        try:
            yield
        except Unavailable:
            answered = False
            raise
        finally:
            lane.leave(answered)
            if lane.over:
                self._lanes.pop(about, None)

    def _opened(self, about: str | None, width: int) -> Lane:
        if len(self._lanes) >= MANY_LANES:  # also those that nobody came back to
            self._lanes = {name: lane for name, lane in self._lanes.items() if not lane.over}
        return self._lanes.setdefault(about, Lane(width, self._ticks))
