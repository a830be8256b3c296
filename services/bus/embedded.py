"""`embedded://`: a kombu transport in memory, so that the whole system runs in one process without a broker.

It behaves as RabbitMQ does where it matters to us: a consumer that falls away gives back what it had not acked, and a
publish on a channel in confirm mode is confirmed once it is safe. Memory is never safe, so it is confirmed when every
durable queue that it reached has acked it: that is, when each inbox has it on disk. What was not confirmed before a
crash is still unpublished in the outbox, and is announced again.
"""

import itertools
import math
import time
from collections import deque
from queue import Empty
from typing import Any

from eventlet.event import Event
from eventlet.timeout import Timeout
from kombu.transport import TRANSPORT_ALIASES, virtual


class Broker:
    """What a broker would hold: queues, and who waits for something to come."""

    def __init__(self) -> None:
        self.state = virtual.BrokerState()
        self.queues: dict[str, deque[dict[str, Any]]] = {}
        self.durable: set[str] = set()
        self.waiting: set[Event] = set()

    def set(self) -> None:
        """Wake everybody who waits in `drain_events`."""
        waiting, self.waiting = self.waiting, set()
        for event in waiting:
            event.send()

    def clear(self) -> None:
        """Forget everything, as a restart would."""
        self.state.clear()
        self.queues.clear()
        self.durable.clear()


broker = Broker()


class Unconfirmed:
    """A published message that some durable queues have not acked yet."""

    def __init__(self, channel: "Channel", tag: int) -> None:
        self.channel = channel
        self.tag = tag
        self.copies = 1  # held until the last queue has its copy

    def settle(self) -> None:
        """One copy is safe; when all are, the publisher is told."""
        self.copies -= 1
        if self.copies == 0:
            for callback in list(self.channel.events["basic_ack"]):
                callback(self.tag, False)


class QoS(virtual.QoS):
    """Unacked messages, given back to the very queue that they came from."""

    def ack(self, delivery_tag: int) -> None:
        message = self._delivered.pop(delivery_tag, None)
        if message is not None:
            unconfirmed = message._raw["unconfirmed"]
            if unconfirmed:
                unconfirmed.settle()
        broker.set()  # the prefetch may have held others back

    def reject(self, delivery_tag: int, requeue: bool = False) -> None:
        if requeue:
            self.channel._restore(self._delivered.pop(delivery_tag))
        else:
            self.ack(delivery_tag)


class Channel(virtual.Channel):
    """A channel to the broker in memory."""

    QoS = QoS
    body_encoding: Any = None
    _tags = itertools.count(1)

    def __init__(self, connection: Any, **kwargs: Any) -> None:
        super().__init__(connection, **kwargs)
        self.events: dict[str, set[Any]] = {"basic_ack": set(), "basic_nack": set()}
        self._exclusive: set[str] = set()
        self._confirming = False
        self._published = itertools.count(1)
        self._publishing: Unconfirmed | None = None

    def confirm_select(self, nowait: bool = False) -> None:
        """Confirm what is published from here on, numbered from 1."""
        self._confirming = True

    def queue_declare(self, queue: str | None = None, passive: bool = False, **kwargs: Any) -> Any:
        declared = super().queue_declare(queue, passive, **kwargs)
        if kwargs.get("exclusive"):
            self._exclusive.add(declared.queue)
        elif kwargs.get("durable"):
            broker.durable.add(declared.queue)
        return declared

    def basic_publish(self, message: Any, exchange: str, routing_key: str, **kwargs: Any) -> None:
        confirm = Unconfirmed(self, next(self._published)) if self._confirming else None
        self._publishing = confirm
        try:
            super().basic_publish(message, exchange, routing_key)
        finally:
            self._publishing = None
        if confirm:
            confirm.settle()

    def basic_ack(self, delivery_tag: int, multiple: bool = False) -> None:
        before = [tag for tag in self.qos._delivered if tag < delivery_tag] if multiple else []
        for tag in [*before, delivery_tag]:
            self.qos.ack(tag)

    def close(self) -> None:
        if self.closed:
            return
        for queue in self._exclusive:
            self.queue_delete(queue)
        super().close()

    def queue_delete(self, queue: str, if_unused: bool = False, if_empty: bool = False, **kwargs: Any) -> None:
        for exchange, routing_key, arguments in list(self.state.queue_bindings(queue)):
            self.queue_unbind(queue, exchange, routing_key, arguments)
        self.state.queue_bindings_delete(queue)
        broker.queues.pop(queue, None)
        broker.durable.discard(queue)

    def _has_queue(self, queue: str, **kwargs: Any) -> bool:
        return queue in broker.queues

    def _new_queue(self, queue: str, **kwargs: Any) -> None:
        broker.queues.setdefault(queue, deque())

    def _put(self, queue: str, message: dict[str, Any], **kwargs: Any) -> None:
        if queue not in broker.queues:
            return  # as a broker does with what has no route
        unconfirmed = self._publishing if queue in broker.durable else None
        if unconfirmed:
            unconfirmed.copies += 1
        lasts = int(message["properties"].get("expiration") or 0) / 1000 or math.inf
        copy = {**message, "queue": queue, "unconfirmed": unconfirmed, "expires": time.monotonic() + lasts}
        copy["properties"] = {
            **message["properties"],
            "delivery_tag": next(self._tags),
            # where the receiving end of nameko looks for it
            "content_type": message["content-type"],
        }
        broker.queues[queue].append(copy)
        broker.set()

    def _restore(self, message: Any) -> None:
        raw = {**message._raw, "redelivered": True}
        if raw["queue"] in broker.queues:
            broker.queues[raw["queue"]].appendleft(raw)
            broker.set()

    def _get(self, queue: str, timeout: float | None = None) -> dict[str, Any]:
        try:
            return broker.queues[queue].popleft()
        except (KeyError, IndexError):
            raise Empty from None

    def _size(self, queue: str) -> int:
        return len(broker.queues.get(queue, ()))

    def _purge(self, queue: str) -> int:
        size = self._size(queue)
        broker.queues[queue].clear()
        return size

    def take(self) -> tuple[dict[str, Any], str] | None:
        """Take the next message that a consumer of this channel may have now, with its queue."""
        if not self.qos.can_consume():
            return None
        for queue in self._active_queues:
            while broker.queues.get(queue):
                message = broker.queues[queue].popleft()
                if message["expires"] > time.monotonic():
                    return message, queue
        return None


class Socket:
    """What a caller shuts down to break a connection."""

    broken = False

    def shutdown(self, how: int) -> None:
        """Have the reading side see the end of the connection."""
        self.broken = True
        broker.set()


class Transport(virtual.Transport):
    """Connections to the broker in memory; waiting costs nothing, because a put wakes whoever waits."""

    Channel = Channel
    driver_type = "memory"
    driver_name = "embedded"

    def __init__(self, client: Any, **kwargs: Any) -> None:
        super().__init__(client, **kwargs)
        self.state = broker.state
        self.sock = Socket()

    def driver_version(self) -> str:
        """Return the version of a driver that there is not."""
        return "N/A"

    def drain_events(self, connection: Any, timeout: float | None = None, **kwargs: Any) -> None:
        """Hand one message to its consumer. Raises socket.timeout after `timeout` seconds without one."""
        end = None if timeout is None else time.monotonic() + timeout
        while not self._deliver_one():
            if self.sock.broken:
                raise ConnectionResetError("the connection was shut down")
            left = None if end is None else end - time.monotonic()
            if left is not None and left <= 0:
                raise TimeoutError
            self._wait(left)

    def _deliver_one(self) -> bool:
        for channel in list(self.channels):
            taken = channel.take()
            if taken:
                message, queue = taken
                self._callbacks[queue](message)
                return True
        return False

    def _wait(self, seconds: float | None) -> None:
        event = Event()
        broker.waiting.add(event)
        try:
            with Timeout(seconds, False):
                event.wait()
        finally:
            broker.waiting.discard(event)


TRANSPORT_ALIASES["embedded"] = "services.bus.embedded:Transport"
