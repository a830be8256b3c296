"""Calling another service: one connection a process, a deadline for every call, and refusals as data."""

import json
import random
import time
import uuid
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from eventlet.event import Event
from eventlet.semaphore import Semaphore
from eventlet.timeout import Timeout
from nameko.extensions import DependencyProvider, SharedExtension

from services.bus import wire
from services.bus.broker import BrokerConnection, BrokerDown
from services.runtime import correlation
from services.runtime.refusals import Unavailable, from_wire

DEADLINE = 5.0  # seconds
# Calls under way at once. In a rush the rest wait here, where giving up costs the other side nothing: a request that is
# sent only to be answered too late is work done for nobody, and enough of those leave no time for any other.
UNDER_WAY = 32
WAITING_SHARE = 0.6  # of the time that a call may take, what it may wait before it is sent


@dataclass(frozen=True)
class Answer:
    """What a call returned, as JSON, and whether it is the kept answer of an earlier call with the same key.

    `announced` is the subject and the version of what it announced last, where it did.
    """

    content: bytes
    replayed: bool = False
    announced: tuple[str, int] | None = None

    @cached_property
    def value(self) -> Any:
        """What the call returned."""
        return json.loads(self.content)


class Caller(SharedExtension):
    """The connection over which a container calls others and hears their replies."""

    def setup(self) -> None:
        self._waiting: dict[str, Event] = {}
        self._room: dict[str, Semaphore] = {}
        self._reply_to = str(uuid.uuid4())
        self.broker = BrokerConnection(
            self.container.config["SETTINGS"].bus, f"{self.container.service_name} calls", self._on_open
        )

    def start(self) -> None:
        self.broker.start()

    def stop(self) -> None:
        self.broker.stop()

    def _on_open(self, channel: Any) -> None:
        # A new one each time: the broker may hold the old one for a while yet, for a connection that is gone.
        queue = f"rpc.reply-{self.container.service_name}-{uuid.uuid4()}"
        channel.exchange_declare(exchange=wire.EXCHANGE, type="topic", durable=True, auto_delete=False)
        for client in self.container.dependencies:
            if isinstance(client, RpcClient):
                wire.declare_requests(channel, client.service)
        channel.queue_declare(queue=queue, durable=False, exclusive=True, auto_delete=True)
        channel.queue_bind(queue=queue, exchange=wire.EXCHANGE, routing_key=self._reply_to)
        channel.basic_consume(
            queue=queue,
            consumer_tag=queue,
            no_ack=True,
            callback=lambda raw: self._on_reply(channel.message_to_python(raw)),
        )

    def _on_reply(self, message: Any) -> None:
        event = self._waiting.pop(message.properties.get("correlation_id"), None)
        if event is not None:
            event.send(message.body)

    def call(self, service: str, method: str, kwargs: dict[str, Any], timeout: float) -> Answer:
        """Return what the method answered. Raises Refused, or Unavailable after `timeout` seconds without an answer."""
        deadline = time.monotonic() + timeout
        if not self.broker.wait_until_up(min(timeout, 1)):
            raise Unavailable(f"{service.capitalize()} cannot be reached just now.")
        room = self._room.setdefault(service, Semaphore(UNDER_WAY))
        if not room.acquire(timeout=timeout * WAITING_SHARE):
            # Not all at once: those who are sent away together would come back together.
            raise Unavailable(f"{service.capitalize()} is very busy just now.", retry_after=random.randint(2, 8))
        try:
            return self._call(service, method, kwargs, deadline)
        except BrokerDown as error:
            raise Unavailable(f"{service.capitalize()} cannot be reached just now.") from error
        finally:
            room.release()

    def _call(self, service: str, method: str, kwargs: dict[str, Any], deadline: float) -> Answer:
        call_id = str(uuid.uuid4())
        event = self._waiting[call_id] = Event()
        timer = Timeout(max(0.0, deadline - time.monotonic()))
        try:
            with timer:
                self._send(service, method, kwargs, call_id, deadline)
                return _read(event.wait())
        except Timeout as late:
            if late is not timer:
                raise
            raise Unavailable(f"{service.capitalize()} does not answer just now.") from None
        finally:
            self._waiting.pop(call_id, None)

    def _send(self, service: str, method: str, kwargs: dict[str, Any], call_id: str, deadline: float) -> None:
        left = max(0.001, deadline - time.monotonic())
        self.broker.publish(
            wire.request(kwargs),
            wire.EXCHANGE,
            f"{service}.{method}",
            headers={"patience": str(left), "correlation_id": correlation.current() or correlation.new()},
            expiration=str(int(left * 1000)),
            reply_to=self._reply_to,
            correlation_id=call_id,
        )


def _read(body: bytes | str) -> Answer:
    reply, content = wire.read_reply(body)
    replayed = bool(reply.get("replayed"))
    if reply.get("refusal"):
        raise from_wire(reply["refusal"], replayed)
    subject, version = reply.get("announced") or ("", 0)
    return Answer(content, replayed, (subject, version) if subject else None)


class Remote:
    """Another service, as seen from here."""

    def __init__(self, caller: Caller, service: str) -> None:
        self._caller = caller
        self._service = service

    def call(
        self,
        method: str,
        *,
        caller: dict[str, Any] | None = None,
        given: Any = None,
        key: str | None = None,
        timeout: float = DEADLINE,
        **named: Any,
    ) -> Answer:
        """Call a method. `key` is an idempotency key, `timeout` is in seconds. Raises Refused, Unavailable."""
        kwargs = {**named, "caller": caller, "given": given, "key": key}
        return self._caller.call(self._service, method, kwargs, timeout)


class RpcClient(DependencyProvider):
    """Calls one other service: `self.registration.call("book", …)`."""

    caller = Caller()

    def __init__(self, service: str, **kwargs: Any) -> None:
        self.service = service
        super().__init__(**kwargs)

    def get_dependency(self, worker_ctx: Any) -> Remote:
        return Remote(self.caller, self.service)
