"""Answers that have been written out, kept for as long as they are true."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from gateway.web import conditional

MOST: Final = 2000


class Model(Protocol):
    """What the gateway answers from, as far as the framework must know it."""

    @property
    def revision(self) -> int:
        """Rises with every change."""

    def span(self, now: datetime) -> tuple[datetime | None, datetime | None]:
        """Return the last moment up to `now`, and the next one after it, at which the clock changes an answer."""

    def wait_for(self, subject: str, version: int, seconds: float) -> bool:
        """Wait until this version of a thing is known, or a later one; say whether it is by then."""


@dataclass(frozen=True)
class Written:
    """An answer's bytes and their ETag."""

    content: bytes
    etag: str


class ResponseCache:
    """Written answers. All of them go when the model changes, or the clock passes a moment that changes one."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._kept: dict[Hashable, Written] = {}
        self._revision = -1
        self._span: tuple[datetime | None, datetime | None] = (None, None)

    def get(self, key: Hashable, now: datetime, write: Callable[[], bytes], *versions: int) -> Written:
        """Return the answer kept as `key`, written now if there is none."""
        self._clear_if_untrue(now)
        kept = self._kept.get(key)
        if kept is None:
            content = write()
            kept = Written(content, conditional.tag(content, *versions))
            if len(self._kept) >= MOST:  # searches of all kinds: rare enough to begin again
                self._kept.clear()
            self._kept[key] = kept
        return kept

    def _clear_if_untrue(self, now: datetime) -> None:
        since, until = self._span
        on_time = (since is None or since <= now) and (until is None or now < until)
        if self._revision != self._model.revision or not on_time:
            self._kept.clear()
            self._revision = self._model.revision
            self._span = self._model.span(now)
