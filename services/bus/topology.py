"""The exchange and the queues that events travel through, declared by every process that publishes or reads.

A publisher sees to it that all queues are there, not only its own: an event announced before a reader's first start must
wait for it. What is another's is only looked for, and made where it is missing: the broker may let a service change
nothing but its own (`permissions.py`).
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

from amqp import Channel as AmqpChannel
from amqp.exceptions import NotFound

EVENTS = "headrow.events"
TO = "to"
Topology = Mapping[str, Iterable[str]]  # service -> types of events that it reads


class Declared(NamedTuple):
    """What a queue was found to be: how many messages it holds, and how many processes take from it."""

    messages: int
    consumers: int


def queue_of(service: str) -> str:
    """Return the name of a service's event queue. Arguments of a queue cannot change: a change is a new version."""
    return f"{service}.v1"


def address_of(service: str) -> str:
    """Return what stands in the outbox, in place of a type, for what one service alone is to hear."""
    return f"{TO}.{service}"


def key_of(sender: str, type: str) -> str:
    """Return the routing key for what stands as the type in a service's outbox.

    It begins with the service that publishes, which RabbitMQ checks: `{sender}.{what_happened}.v{n}`, or
    `{sender}.to.{reader}`.
    """
    return f"{sender}.{type}" if type.startswith(f"{TO}.") else type


def is_of_sender(key: str, type: str) -> bool:
    """Tell whether an event of that type may come with that routing key: the service that it names published it.

    `to.{reader}` is the key of a Headrow before 0.2, which is let be while such a one may still run.
    """
    return key.partition(".")[0] in (type.partition(".")[0], TO)


def bindings_of(service: str, types: Iterable[str]) -> tuple[str, ...]:
    """Return the keys by which a service's queue is bound: what all readers of a type hear, and what it alone does."""
    return f"*.{address_of(service)}", address_of(service), *types


def declare_exchange(channel: Any, exchange: str) -> None:
    """Have the exchange there. Raises amqp's AccessRefused where it is missing and is not ours to make."""
    how = {"exchange": exchange, "type": "topic", "durable": True, "auto_delete": False}
    ensure(channel, lambda there: there.exchange_declare(**how, passive=True), lambda to: to.exchange_declare(**how))


def declare_queue(channel: Any, service: str, types: Iterable[str]) -> Declared:
    """Declare a durable quorum queue with its bindings, and return how it was found."""
    # Without a limit of ours RabbitMQ 4 drops a message at its 20th delivery; poison is ours to park, not its.
    arguments = {"x-queue-type": "quorum", "x-delivery-limit": 1_000_000}
    queue = channel.queue_declare(queue=queue_of(service), durable=True, auto_delete=False, arguments=arguments)
    for key in bindings_of(service, types):
        channel.queue_bind(queue=queue_of(service), exchange=EVENTS, routing_key=key)
    return Declared(int(queue.message_count), int(queue.consumer_count))


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
