"""The exchange and the queues that events travel through: what they are called, and which keys lead to them."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

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


def declare_queue(channel: Any, service: str, types: Iterable[str]) -> Declared:
    """Declare a durable quorum queue with its bindings, and return how it was found."""
    # Without a limit of ours RabbitMQ 4 drops a message at its 20th delivery; poison is ours to park, not its.
    arguments = {"x-queue-type": "quorum", "x-delivery-limit": 1_000_000}
    queue = channel.queue_declare(queue=queue_of(service), durable=True, auto_delete=False, arguments=arguments)
    for key in bindings_of(service, types):
        channel.queue_bind(queue=queue_of(service), exchange=EVENTS, routing_key=key)
    return Declared(int(queue.message_count), int(queue.consumer_count))
