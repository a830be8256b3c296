"""The correlation id: one UUID from a client's request through every call, event, log line and message.

It is kept in a context variable, which each green thread has of its own.
"""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_current: ContextVar[str | None] = ContextVar("correlation_id", default=None)


def current() -> str | None:
    """Return the correlation id of what is being done now."""
    return _current.get()


def new() -> str:
    """Return a fresh correlation id."""
    return str(uuid.uuid4())


def accepted(candidate: object) -> str:
    """Return `candidate` in canonical form if it is a UUID, and a fresh id if it is anything else."""
    try:
        return str(uuid.UUID(str(candidate)))
    except ValueError:
        return new()


@contextmanager
def following(correlation_id: object) -> Iterator[str]:
    """Do what is inside under this correlation id (a fresh one if it is not a UUID)."""
    chosen = accepted(correlation_id)
    token = _current.set(chosen)
    try:
        yield chosen
    finally:
        _current.reset(token)
