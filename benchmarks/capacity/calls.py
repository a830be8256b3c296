"""What is asked for, and what it is answered."""

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

from simpy import Environment, Event, Resource

Steps = Generator[Event, Any, Any]  # what a person or a process does, one after the other, as SimPy runs it

CONFIRMED, WAITING = "confirmed", "waiting"  # a booking was made
SEEN = "seen"  # a page was shown
BUSY, LATE = "busy", "late"  # 503: nothing was done; it is not known what was done

UNLIMITED = 1_000_000_000  # places, or events


class Session:
    """A session to book: its places, and the row that whoever books it locks."""

    def __init__(self, env: Environment, places: int, number: int = 0) -> None:
        self.places, self.number = places, number  # whoever locks several does so in the order of their numbers
        self.row = Resource(env)
        self.answers: dict[int, str] = {}  # that were given, by the key of the request
        self._taken = 0

    def take(self, key: int) -> str:
        """Give out a place, or add whoever asks to the waiting list, and return which; the same key gets the same."""
        if key not in self.answers:
            free = self._taken < self.places
            self._taken += free
            self.answers[key] = CONFIRMED if free else WAITING
        return self.answers[key]


@dataclass(frozen=True)
class Call:
    """A call for a place in a session or, without one, to know who asks for a page. Its caller waits `until` then.

    `key` is its idempotency key: whoever asks again does so under the same.
    """

    session: Session | None
    key: int
    until: int
    reply: Event
