"""What a process sees to when it connects: that exchanges and queues are there, its own and those of others.

An event announced before a reader's first start must wait for it, and so must a call. What is another's is only looked
for, and made where it is missing: the broker may let a service change nothing but its own (`permissions.py`).
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from amqp import Channel as AmqpChannel
from amqp.exceptions import NotFound

from services.bus import wire
from services.bus.topology import EVENTS, Declared, Topology, declare_queue, queue_of


def declare_exchange(channel: Any, exchange: str) -> None:
    """Have the exchange there. Raises amqp's AccessRefused where it is missing and is not ours to make."""
    how = {"exchange": exchange, "type": "topic", "durable": True, "auto_delete": False}
    ensure(channel, lambda there: there.exchange_declare(**how, passive=True), lambda to: to.exchange_declare(**how))


def declare(channel: Any, topology: Topology, own: str) -> Declared | None:
    """Declare what a service publishes to and reads from; return how its own queue was found, if it has one."""
    declare_exchange(channel, EVENTS)
    for reader in topology:
        if reader != own:
            _declare_another_s(channel, reader, topology[reader])
    return declare_queue(channel, own, topology[own]) if own in topology else None


def _declare_another_s(channel: Any, reader: str, types: Iterable[str]) -> None:
    ensure(
        channel,
        lambda there: there.queue_declare(queue=queue_of(reader), passive=True),
        lambda to: declare_queue(to, reader, types),
    )


def declare_broadcast(channel: Any, queue: str, types: Iterable[str]) -> None:
    """Declare a queue of this process alone, which goes when its connection goes."""
    declare_exchange(channel, EVENTS)
    channel.queue_declare(queue=queue, durable=False, exclusive=True, auto_delete=True)
    for type_ in types:
        channel.queue_bind(queue=queue, exchange=EVENTS, routing_key=type_)


def have_requests(channel: Any, service: str) -> None:
    """Have the queue of another service's requests there: a call may wait in it for a service that is still starting.

    Raises amqp's AccessRefused where it is missing and is not ours to make.
    """
    ensure(
        channel,
        lambda there: there.queue_declare(queue=wire.queue_of(service), passive=True),
        lambda to: wire.declare_requests(to, service),
    )


def ensure(channel: Any, look: Callable[[Any], Any], make: Callable[[Any], Any]) -> None:
    """Look for something that others may have made, and make it where it is missing.

    Raises amqp's AccessRefused where it is missing and is not ours to make; `channel` stays as it was.
    """
    if not isinstance(channel, AmqpChannel):
        make(channel)  # a bus in memory lets everyone do everything
        return
    with _beside(channel) as another:
        try:
            look(another)
        except NotFound:  # py-amqp opens the channel anew
            make(another)


@contextmanager
def _beside(channel: Any) -> Iterator[Any]:
    """Open another channel of the same connection: an error closes a channel."""
    another = channel.connection.channel()
    try:
        yield another
    finally:
        another.close()
