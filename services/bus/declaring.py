"""What a process sees to when it connects: that exchanges and queues are there, its own and those of others.

An event announced before a reader's first start must wait for it, and so must a call. What is another's is only looked
for, and made where it is missing: the broker may let a service change nothing but its own (`permissions.py`).

A queue of another that is missing is given a moment: where somebody has just deleted it, the one that reads from it
makes it again. If a third process does so sooner, RabbitMQ 3.10 takes the new queue for the old one, and hands its
messages to a consumer that is gone.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import eventlet
from amqp import Channel as AmqpChannel
from amqp.exceptions import NotFound

from services.bus import wire
from services.bus.topology import EVENTS, Declared, Topology, declare_queue, queue_of

A_MOMENT = 1.5  # seconds
Declare = Callable[[Any], Any]  # what is to be declared on a channel


def declare_exchange(channel: Any, exchange: str) -> None:
    """Have the exchange there. Raises amqp's AccessRefused where it is missing and is not ours to make."""
    how = {"exchange": exchange, "type": "topic", "durable": True, "auto_delete": False}

    def make(there: Any) -> None:
        there.exchange_declare(**how)

    if not isinstance(channel, AmqpChannel):
        make(channel)
    elif not _is_there(channel, lambda there: there.exchange_declare(**how, passive=True)):
        with _beside(channel) as another:
            make(another)


def declare(channel: Any, topology: Topology, own: str) -> Declared | None:
    """Declare what a service publishes to and reads from; return how its own queue was found, if it has one.

    Raises amqp's AccessRefused where a queue of another is missing and is not ours to make: its events would be lost.
    """
    declare_exchange(channel, EVENTS)
    others = [reader for reader in topology if reader != own]
    _have(channel, [(queue_of(reader), _queue(reader, topology[reader])) for reader in others])
    return declare_queue(channel, own, topology[own]) if own in topology else None


def _queue(reader: str, types: Iterable[str]) -> Declare:
    return lambda channel: declare_queue(channel, reader, types)


def declare_broadcast(channel: Any, queue: str, types: Iterable[str]) -> None:
    """Declare a queue of this process alone, which goes when its connection goes."""
    declare_exchange(channel, EVENTS)
    channel.queue_declare(queue=queue, durable=False, exclusive=True, auto_delete=True)
    for type_ in types:
        channel.queue_bind(queue=queue, exchange=EVENTS, routing_key=type_)


def have_requests(channel: Any, services: Iterable[str]) -> None:
    """Have the queues of other services' requests there: a call may wait in one for a service that is still starting.

    Raises amqp's AccessRefused where one is missing and is not ours to make.
    """
    _have(channel, [(wire.queue_of(service), _requests(service)) for service in services])


def _requests(service: str) -> Declare:
    return lambda channel: wire.declare_requests(channel, service)


def _have(channel: Any, queues: Sequence[tuple[str, Declare]]) -> None:
    """Make those of the queues that are missing, and still are a moment later; `channel` stays as it was."""
    if not isinstance(channel, AmqpChannel):  # a bus in memory lets everyone do everything
        for _, make in queues:
            make(channel)
        return
    missing = _missing(channel, queues)
    if missing:
        eventlet.sleep(A_MOMENT)
    for _, make in _missing(channel, missing):
        with _beside(channel) as another:
            make(another)


def _missing(channel: Any, queues: Sequence[tuple[str, Declare]]) -> list[tuple[str, Declare]]:
    def look_for(queue: str) -> Declare:
        return lambda there: there.queue_declare(queue=queue, passive=True)

    return [(queue, make) for queue, make in queues if not _is_there(channel, look_for(queue))]


def _is_there(channel: Any, look: Declare) -> bool:
    with _beside(channel) as another:
        try:
            look(another)
        except NotFound:
            return False
    return True


@contextmanager
def _beside(channel: Any) -> Iterator[Any]:
    """Open another channel of the same connection: an error closes a channel."""
    another = channel.connection.channel()
    try:
        yield another
    finally:
        another.close()
