"""What was published over a channel, and the broker has not yet confirmed that it is safe."""

import time
from collections.abc import Callable
from typing import Any


class Confirms:
    """The messages of one channel that wait for their confirm, the oldest first.

    `on_settled()` is called when none waits any more, and `on_nack()` when the broker refuses one.
    """

    def __init__(self, on_settled: Callable[[], None], on_nack: Callable[[], None]) -> None:
        self._on_settled, self._on_nack = on_settled, on_nack
        self._published = 0
        self._waiting: dict[int, tuple[float, str]] = {}  # by the number in its channel: since when, and which it is

    def __bool__(self) -> bool:
        """Tell whether any waits."""
        return bool(self._waiting)

    @property
    def age(self) -> float:
        """For how many seconds the oldest has waited; 0 where none waits."""
        return time.monotonic() - next(iter(self._waiting.values()))[0] if self._waiting else 0.0

    def begin(self, channel: Any) -> list[str]:
        """Have a new channel confirm, in place of the last; return what that has not confirmed, and never will."""
        channel.confirm_select()
        left = [name for _, name in self._waiting.values()]
        self._published, self._waiting = 0, {}
        channel.events["basic_ack"].add(self._on_ack)
        channel.events["basic_nack"].add(lambda tag, multiple: self._on_nack())
        return left

    def note(self, name: str = "") -> None:
        """Note that one more is published; to be called in the order in which they are."""
        self._published += 1
        self._waiting[self._published] = time.monotonic(), name

    def _on_ack(self, tag: int, multiple: bool) -> None:
        if multiple:
            self._waiting = {other: it for other, it in self._waiting.items() if other > tag}
        else:
            self._waiting.pop(tag, None)
        if not self._waiting:
            self._on_settled()
