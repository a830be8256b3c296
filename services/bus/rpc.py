"""Calling another service: one connection a process, a deadline for every call, and refusals as data."""

import json
import logging
import random
import time
import uuid
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import eventlet
from amqp.exceptions import AccessRefused
from eventlet.event import Event
from eventlet.semaphore import Semaphore
from eventlet.timeout import Timeout
from nameko.extensions import DependencyProvider, SharedExtension

from services.bus import audit, spans, wire
from services.bus.broker import BrokerConnection, BrokerDown
from services.bus.confirms import Confirms
from services.bus.declaring import declare_exchange, have_requests
from services.runtime import correlation, tracing
from services.runtime.refusals import Unavailable, from_wire

log = logging.getLogger(__name__)

DEADLINE = 5.0  # seconds
# Calls under way at once. In a rush the rest wait here, where giving up costs the other side nothing: a request that is
# sent only to be answered too late is work done for nobody, and enough of those leave no time for any other.
UNDER_WAY = 32
SILENT_AFTER = 2.0  # seconds without any answer, while one is waited for
UNCONFIRMED = 2.0  # seconds in which the broker confirms a call, or is asked over another connection
SILENT_TIMEOUT = 0.2  # seconds to wait for a service that has fallen silent
ASK_AGAIN = 2, 8  # seconds after which those who found a service busy are to try again, at random
MOST_LATE = 1000
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


class Silence:
    """Which services have fallen silent: for a while none of the calls to them has got an answer.

    Nobody waits long for those. Each call is made all the same, and the first answer, however late, ends it. One that
    is slow with some calls and answers others has not fallen silent.
    """

    def __init__(self) -> None:
        self._heard_at: dict[str, float] = {}
        self._silent: set[str] = set()
        self._late: dict[str, str] = {}  # calls that were given up, and which service they asked

    def patience(self, service: str, timeout: float) -> float:
        """Return for how long to wait for an answer, of `timeout` seconds at most."""
        return min(timeout, SILENT_TIMEOUT) if service in self._silent else timeout

    def heard(self, service: str) -> None:
        """Note that an answer has come."""
        self._heard_at[service] = time.monotonic()
        self._silent.discard(service)

    def heard_late(self, call_id: str) -> None:
        """Note that an answer has come to a call that was given up."""
        if call_id in self._late:
            self.heard(self._late.pop(call_id))

    def gave_up(self, service: str, call_id: str, since: float) -> None:
        """Note that no answer has come to a call since then."""
        if time.monotonic() - max(since, self._heard_at.get(service, since)) > SILENT_AFTER:
            self._silent.add(service)
        self._late[call_id] = service
        if len(self._late) > MOST_LATE:
            del self._late[next(iter(self._late))]

    def cut_off(self, service: str) -> None:
        """Note that nothing can be asked: there is no broker."""
        self._silent.add(service)


class Caller(SharedExtension):
    """The connection over which a container calls others and hears their replies."""

    def setup(self) -> None:
        self._waiting: dict[str, tuple[str, Event]] = {}
        self._silence = Silence()
        self._room: dict[str, Semaphore] = {}
        self._reply_to = wire.reply_key(self.container.service_name)
        settings = self.container.config["SETTINGS"]
        self.broker = BrokerConnection(settings.bus, f"{self.container.service_name} calls", self._on_open)
        # A bus in memory confirms a call once it is taken, which says nothing of the bus.
        self._confirms = None if settings.embedded else Confirms(lambda: None, self.broker.renew)
        self._thread: Any = None

    def start(self) -> None:
        self.broker.start()
        if self._confirms is not None and self._thread is None:
            self._thread = eventlet.spawn(self._watch, self._confirms)

    def stop(self) -> None:
        if self._thread is not None:
            self._thread.kill()
        self.broker.stop()

    def _watch(self, confirms: Confirms) -> None:
        """Renew a connection over which nothing is confirmed any more.

        A channel may hold on to the leader of a queue that is gone with its node, while another leads: seen with
        RabbitMQ 3.10 for as long as a minute (docs/measured.md, 21).
        """
        while True:
            eventlet.sleep(UNCONFIRMED / 4)
            if self.broker.up and confirms.age > UNCONFIRMED:
                log.warning("%s: the broker confirms no call any more", self.broker.name)
                self.broker.renew()

    def _on_open(self, channel: Any) -> None:
        for call_id in self._confirms.begin(channel) if self._confirms is not None else ():
            self._lost(call_id)
        # A new one each time: the broker may hold the old one for a while yet, for a connection that is gone.
        queue = f"rpc.reply-{self.container.service_name}-{uuid.uuid4()}"
        declare_exchange(channel, wire.EXCHANGE)
        self._have_requests(channel)
        channel.queue_declare(queue=queue, durable=False, exclusive=True, auto_delete=True)
        channel.queue_bind(queue=queue, exchange=wire.EXCHANGE, routing_key=self._reply_to)
        channel.basic_consume(
            queue=queue,
            consumer_tag=queue,
            no_ack=True,
            callback=lambda raw: self._on_reply(channel.message_to_python(raw)),
        )

    def _have_requests(self, channel: Any) -> None:
        """Have the queues of those that are called there; without one, calls to the others go on."""
        clients = [client for client in self.container.dependencies if isinstance(client, RpcClient)]
        try:
            have_requests(channel, [client.service for client in clients])
        except AccessRefused as error:
            log.warning("%s: a service that is called has no queue yet (%s)", self.broker.name, error)

    def _lost(self, call_id: str) -> None:
        """Have nobody wait for the answer to a call that the broker may never have had."""
        if call_id in self._waiting:
            _, event = self._waiting.pop(call_id)
            event.send_exception(BrokerDown(f"{self.broker.name}: the connection was lost with a call"))

    def _on_reply(self, message: Any) -> None:
        call_id = message.properties.get("correlation_id")
        if call_id in self._waiting:
            service, event = self._waiting.pop(call_id)
            self._silence.heard(service)
            event.send(message.body)
        else:
            self._silence.heard_late(call_id)

    def call(self, service: str, method: str, kwargs: dict[str, Any], timeout: float) -> Answer:
        """Return what the method answered. Raises Refused, or Unavailable after `timeout` seconds without an answer.

        A service that has fallen silent has less time than that.
        """
        timeout = self._silence.patience(service, timeout)
        deadline = time.monotonic() + timeout
        if not self.broker.wait_until_up(min(timeout, 1)):
            self._silence.cut_off(service)
            raise Unavailable(f"{service.capitalize()} cannot be reached just now.")
        room = self._room.setdefault(service, Semaphore(UNDER_WAY))
        if not room.acquire(timeout=timeout * WAITING_SHARE):
            # Not all at once: those who are sent away together would come back together.
            raise Unavailable(f"{service.capitalize()} is very busy just now.", retry_after=random.randint(*ASK_AGAIN))
        try:
            return self._call(service, method, kwargs, deadline)
        except BrokerDown as error:
            raise Unavailable(f"{service.capitalize()} cannot be reached just now.") from error
        finally:
            room.release()

    def _call(self, service: str, method: str, kwargs: dict[str, Any], deadline: float) -> Answer:
        call_id = str(uuid.uuid4())
        event, began = Event(), time.monotonic()
        self._waiting[call_id] = service, event
        timer = Timeout(max(0.0, deadline - time.monotonic()))
        try:
            with timer:
                self._send(service, method, kwargs, call_id, deadline)
                return _read(event.wait())
        except Timeout as late:
            if late is not timer:
                raise
            self._silence.gave_up(service, call_id, began)
            raise Unavailable(f"{service.capitalize()} does not answer just now.") from None
        finally:
            self._waiting.pop(call_id, None)

    def _send(self, service: str, method: str, kwargs: dict[str, Any], call_id: str, deadline: float) -> None:
        left = max(0.001, deadline - time.monotonic())
        headers = {"patience": str(left), "correlation_id": correlation.current() or correlation.new()}
        if audit.export.get():
            headers[audit.HEADER] = "yes"
        if tracing.on and (traceparent := tracing.carried()):
            headers["traceparent"] = traceparent
        self.broker.publish(
            wire.request(kwargs),
            wire.EXCHANGE,
            f"{service}.{method}",
            headers=headers,
            expiration=str(int(left * 1000)),
            reply_to=self._reply_to,
            correlation_id=call_id,
            confirms=self._confirms,
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
        asking = self._caller.container.service_name
        with spans.calling(asking, self._service, method) if tracing.on else tracing.NOTHING:
            return self._caller.call(self._service, method, kwargs, timeout)


class RpcClient(DependencyProvider):
    """Calls one other service: `self.registration.call("book", …)`."""

    caller = Caller()

    def __init__(self, service: str, **kwargs: Any) -> None:
        self.service = service
        super().__init__(**kwargs)

    def get_dependency(self, worker_ctx: Any) -> Remote:
        return Remote(self.caller, self.service)
