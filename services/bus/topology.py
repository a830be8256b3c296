"""The exchange and the queues that events travel through, declared by every process that publishes or reads.

A publisher declares all queues, not only its own: an event announced before a reader's first start must wait for it.
"""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

EVENTS = "headrow.events"
Topology = Mapping[str, Iterable[str]]  # service -> types of events that it reads


class Declared(NamedTuple):
    """What a queue was found to be: how many messages it holds, and how many processes take from it."""

    messages: int
    consumers: int


def queue_of(service: str) -> str:
    """Return the name of a service's event queue. Arguments of a queue cannot change: a change is a new version."""
    return f"{service}.v1"


def address_of(service: str) -> str:
    """Return the routing key of what one service alone is to hear, whatever its type."""
    return f"to.{service}"


def declare(channel: Any, topology: Topology) -> dict[str, Declared]:
    """Declare the exchange, a durable quorum queue a service, and its bindings; return how each queue was found."""
    found = {}
    channel.exchange_declare(exchange=EVENTS, type="topic", durable=True, auto_delete=False)
    for service, types in topology.items():
        # Without a limit of ours RabbitMQ 4 drops a message at its 20th delivery; poison is ours to park, not its.
        arguments = {"x-queue-type": "quorum", "x-delivery-limit": 1_000_000}
        queue = channel.queue_declare(queue=queue_of(service), durable=True, auto_delete=False, arguments=arguments)
        found[service] = Declared(int(queue.message_count), int(queue.consumer_count))
        for key in (address_of(service), *types):
            channel.queue_bind(queue=queue_of(service), exchange=EVENTS, routing_key=key)
    return found


def declare_broadcast(channel: Any, queue: str, types: Iterable[str]) -> None:
    """Declare a queue of this process alone, which goes when its connection goes."""
    channel.exchange_declare(exchange=EVENTS, type="topic", durable=True, auto_delete=False)
    channel.queue_declare(queue=queue, durable=False, exclusive=True, auto_delete=True)
    for type_ in types:
        channel.queue_bind(queue=queue, exchange=EVENTS, routing_key=type_)
