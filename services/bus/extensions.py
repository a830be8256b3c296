"""The nameko extensions behind the decorators of `entrypoints.py`.

Each runs its method in a worker of nameko's container, so that dependencies are there and a stop waits for it. None of
them lets an error out of its green thread: that would end the whole process.
"""

import logging
import time
import uuid
from collections import deque
from collections.abc import Sequence
from functools import partial
from typing import Any

import eventlet
from eventlet.event import Event
from eventlet.semaphore import Semaphore
from nameko.extensions import Entrypoint, ProviderCollector, SharedExtension
from sqlalchemy.orm import Session as OrmSession

from services.bus import wire
from services.bus.broker import BrokerConnection, BrokerDown, WakeEvent
from services.bus.calls import Reply
from services.bus.envelope import Envelope, NotAnEnvelope
from services.bus.inbox import Inbox
from services.bus.reconciler import Reconciler
from services.bus.topology import declare_broadcast
from services.runtime.refusals import NotFound, Refusal, Unavailable

log = logging.getLogger(__name__)


class Internal(Refusal):
    """Something went wrong on our side."""

    code = "internal"


def in_worker(entrypoint: Any, *args: Any) -> tuple[Any, BaseException | None]:
    """Run the entry point's method in a worker; return its result, and what it raised (nameko has logged it)."""
    done = Event()

    def finish(_worker: Any, result: Any, exc_info: Any) -> tuple[Any, Any]:
        done.send((result, exc_info[1] if exc_info else None))
        return result, exc_info

    entrypoint.container.spawn_worker(entrypoint, args, {}, handle_result=finish)
    outcome: tuple[Any, BaseException | None] = done.wait()
    return outcome


def database_of(container: Any) -> Any:
    """Return the container's database provider."""
    return next(provider for provider in container.dependencies if provider.attr_name == "database")


class RpcServer(ProviderCollector, SharedExtension):
    """Takes the requests that come for one service."""

    def setup(self) -> None:
        settings = self.container.config["SETTINGS"]
        self._service = self.container.service_name
        self._requests: deque[Any] = deque()
        self._arrival, self._stopping = WakeEvent(), False
        self._free = Semaphore(self.container.config["CALLS"])
        declare = partial(wire.declare_requests, service=self._service)
        self.broker = BrokerConnection(settings.bus, f"{self._service} rpc", self._on_open, declare)

    def start(self) -> None:
        self._methods = {provider.method_name: provider for provider in self._providers}
        self.broker.start()
        self._dispatcher = eventlet.spawn(self._dispatch_for_ever)

    def unregister_provider(self, provider: Any) -> None:
        """Take no more requests once the last method stops; the connection stays until every worker has replied."""
        super().unregister_provider(provider)
        if not self._providers:
            self._stopping = True
            self._arrival.set()
            self._dispatcher.wait()

    def stop(self) -> None:
        self.broker.stop()

    def _on_open(self, channel: Any) -> None:
        queue = wire.declare_requests(channel, self._service)
        self._requests.clear()  # they come again over this connection
        channel.basic_qos(0, self.container.config["CALLS"] * 2, False)
        tag = f"{self._service}-{uuid.uuid4()}"
        channel.basic_consume(
            queue=queue, consumer_tag=tag, no_ack=False, callback=lambda raw: self._take(channel, raw)
        )

    def _take(self, channel: Any, raw: Any) -> None:
        self._requests.append((channel.message_to_python(raw), time.monotonic()))
        self._arrival.set()

    def _dispatch_for_ever(self) -> None:
        while True:
            self._free.acquire()  # a request is taken when it can be done at once, and is left to others until then
            request = self._next()
            if request is None:
                return
            message, came_at = request
            taken = False
            try:
                self._ack(message)
                taken = self._dispatch(message, came_at)
            except BrokerDown as error:
                log.warning("%s", error)  # unacked, so it comes again
            finally:
                if not taken:
                    self._free.release()

    def _next(self) -> Any:
        """Wait for the next request; return None once there is to be no more."""
        while not self._stopping:
            if self._requests:
                return self._requests.popleft()
            self._arrival.wait(None)
        return None

    def _ack(self, message: Any) -> None:
        """Ack before it is done: a call is made at most once, and repeated by its caller under its key."""

        def ack(channel: Any) -> None:
            if message.channel is not channel:
                raise BrokerDown(f"{self._service}: the request came over a connection that is gone")
            message.ack()

        self.broker.write(ack)

    def _dispatch(self, message: Any, came_at: float) -> bool:
        """Hand a request to a worker, and tell whether there is one who works on it."""
        reply_to = message.properties.get("reply_to")
        if not reply_to:
            log.warning("%s: a request without reply_to was dropped", self._service)
            return False
        if time.monotonic() > came_at + wire.patience(message.headers):
            return False  # nobody waits for the answer any more
        call_id = message.properties.get("correlation_id")
        method = self._methods.get(str(message.delivery_info["routing_key"]).rpartition(".")[2])
        try:
            request = wire.read_request(message.body)
        except wire.Malformed as error:
            self.reply(reply_to, call_id, Reply(refusal=Refusal(f"Malformed request: {error}")))
            return False
        if method is None:
            self.reply(reply_to, call_id, Reply(refusal=NotFound("There is no such method.")))
            return False
        method.run(request, reply_to, call_id, message.headers.get("correlation_id"))
        return True

    def release(self) -> None:
        """Note that a worker has done with its request."""
        self._free.release()

    def reply(self, reply_to: str, call_id: str | None, reply: Reply) -> None:
        """Send the answer; where the broker is gone, the caller waits in vain and is told so."""
        try:
            body = _encoded(reply)
        except (TypeError, ValueError, RecursionError):
            log.exception("%s: a method returned what is no JSON", self._service)
            body = wire.refusal(Internal())
        try:
            self.broker.publish(body, wire.EXCHANGE, reply_to, correlation_id=call_id)
        except BrokerDown as error:
            log.warning("%s: an answer was lost (%s)", self._service, error)


def _encoded(reply: Reply) -> bytes:
    if reply.refusal:
        return wire.refusal(reply.refusal, reply.replayed)
    return wire.reply(reply.value, reply.replayed, reply.announced)


class Rpc(Entrypoint):
    """A method that answers calls."""

    server = RpcServer()

    def setup(self) -> None:
        self.server.register_provider(self)

    def stop(self) -> None:
        self.server.unregister_provider(self)

    def run(self, request: dict[str, Any], reply_to: str, call_id: str | None, correlation_id: str | None) -> None:
        """Answer one request in a worker of its own."""

        def finish(_worker: Any, reply: Reply, exc_info: Any) -> tuple[Any, Any]:
            self.server.release()
            self.server.reply(reply_to, call_id, Reply(refusal=Internal()) if exc_info else reply)
            return reply, exc_info

        kwargs = {**request, "correlation_id": correlation_id}
        self.container.spawn_worker(self, (), kwargs, handle_result=finish)


class EventInbox(ProviderCollector, SharedExtension):
    """The inbox of one service in this process, handing each event to the method that subscribes to it."""

    reconciler = Reconciler()

    def start(self) -> None:
        self._by_type: dict[str, Any] = {type_: provider for provider in self._providers for type_ in provider.types}
        config, name = self.container.config, self.container.service_name
        urgent = frozenset(type_ for provider in self._providers if provider.urgent for type_ in provider.types)
        transactions, bus = database_of(self.container).transactions, config["SETTINGS"].bus
        self.inbox = Inbox(name, transactions, bus, config["TOPOLOGY"], self._handle, urgent=urgent)
        self.inbox.start()
        self.reconciler.watch(self.inbox, self._by_type)

    def unregister_provider(self, provider: Any) -> None:
        """Stop with the last subscription, while the workers and the database are still there."""
        super().unregister_provider(provider)
        if not self._providers:
            self.inbox.stop()

    def _handle(self, db: OrmSession, event: Envelope) -> BaseException | None:
        subscription = self._by_type.get(event.type)
        if subscription is None:
            return LookupError(f"nothing here reads {event.type}")
        failure, raised = in_worker(subscription, db, event)
        return raised or failure


class Subscription(Entrypoint):
    """A method that handles events of certain types."""

    inbox = EventInbox()

    def __init__(self, types: Sequence[str], urgent: bool, **kwargs: Any) -> None:
        self.types, self.urgent = types, urgent
        super().__init__(**kwargs)

    def setup(self) -> None:
        self.inbox.register_provider(self)

    def stop(self) -> None:
        self.inbox.unregister_provider(self)


class Repeated(Entrypoint):
    """A method that runs by itself; so does `wake`, once its transaction is committed in this process."""

    def start(self) -> None:
        self._stopping = False
        self._wake_event = WakeEvent()
        database_of(self.container).transactions.listeners.append(self._hear)
        self._threads = [eventlet.spawn(self._run_for_ever) for _ in range(self.copies())]

    def stop(self) -> None:
        self._stopping = True
        self._wake_event.set()
        for thread in self._threads:
            thread.wait()

    def copies(self) -> int:
        """Return in how many green threads it runs."""
        return 1

    def _hear(self, info: dict[Any, Any]) -> None:
        if self.method_name in info.get("woken", ()):
            self._wake_event.set()

    def _run_for_ever(self) -> None:
        while not self._stopping:
            result, raised = in_worker(self)
            self.rest(bool(result), raised)

    def rest(self, result: bool, raised: BaseException | None) -> None:
        """Wait until the next turn."""
        raise NotImplementedError


class Timer(Repeated):
    """A method that runs every so many seconds, and soon after `wake`."""

    expected_exceptions = Unavailable

    def __init__(self, seconds: float, after_wake: float, **kwargs: Any) -> None:
        self._seconds = seconds
        self._after_wake = after_wake
        super().__init__(**kwargs)

    def rest(self, result: bool, raised: BaseException | None) -> None:
        if self._wake_event.wait(self._seconds) and not self._stopping:
            eventlet.sleep(self._after_wake)  # let others of the same kind come too


class Loop(Repeated):
    """A method that runs as long as it has something to do."""

    expected_exceptions = Unavailable

    def __init__(self, idle: float, copies: int, **kwargs: Any) -> None:
        self._idle = idle
        self._copies = copies
        super().__init__(**kwargs)

    def start(self) -> None:
        self._wakes = Semaphore(0)  # each wakes one copy: there is one thing more to do, not one for each of them
        super().start()

    def stop(self) -> None:
        self._stopping = True
        for _ in range(self._copies):
            self._wakes.release()
        super().stop()

    def copies(self) -> int:
        return self._copies

    def _hear(self, info: dict[Any, Any]) -> None:
        if self.method_name in info.get("woken", ()) and self._wakes.counter < self._copies:
            self._wakes.release()

    def rest(self, result: bool, raised: BaseException | None) -> None:
        if raised is not None or not result:
            self._wakes.acquire(timeout=self._idle)


class Broadcast(Entrypoint):
    """A method that hears every event in every process."""

    def __init__(self, types: Sequence[str], on_gap: str, **kwargs: Any) -> None:
        self._types = types
        self._on_gap = on_gap
        super().__init__(**kwargs)

    def start(self) -> None:
        self._events: deque[Envelope] = deque()
        self._arrival = WakeEvent()
        self._gap = True
        self._stopping = False
        self.broker = BrokerConnection(
            self.container.config["SETTINGS"].bus, f"{self.container.service_name} feed", self._on_open
        )
        self.broker.start()
        self._thread = eventlet.spawn(self._run_for_ever)

    def stop(self) -> None:
        self._stopping = True
        self._thread.kill()
        self.broker.stop()

    def _on_open(self, channel: Any) -> None:
        # A new one each time: the broker may hold the old one for a while yet, for a connection that is gone.
        queue = f"{self.container.service_name}.{uuid.uuid4()}"
        declare_broadcast(channel, queue, self._types)
        self._events.clear()
        self._gap = True
        channel.basic_consume(
            queue=queue,
            consumer_tag=queue,
            no_ack=True,
            callback=lambda raw: self._on_message(channel.message_to_python(raw)),
        )
        self._arrival.set()

    def _on_message(self, message: Any) -> None:
        try:
            self._events.append(Envelope.from_json(message.body))
        except NotAnEnvelope as error:
            log.warning("%s: not an event, dropped (%s)", self.container.service_name, error)
        self._arrival.set()

    def _run_for_ever(self) -> None:
        while not self._stopping:
            if self._gap and self.broker.up:
                self._close_gap()
            elif self._events and not self._gap:
                in_worker(self, self._events.popleft())
            else:
                self._arrival.wait(1)

    def _close_gap(self) -> None:
        self._gap = False  # a new connection during the snapshot sets it again
        service = self.container.service_cls()
        self.container._inject_dependencies(_Context(service, self))
        pause = 0.1
        while not self._stopping:
            try:
                getattr(service, self._on_gap)()
                return
            except Refusal as error:
                log.warning("%s: no snapshot yet (%s)", self.container.service_name, error)
            except Exception:  # a defect; without a snapshot there is nothing to answer from, so it goes on trying
                log.exception("%s: the snapshot failed", self.container.service_name)
            eventlet.sleep(pause)
            pause = min(pause * 2, 2)


class _Context:
    """As much of a worker's context as injecting dependencies takes."""

    def __init__(self, service: Any, entrypoint: Any) -> None:
        self.service = service
        self.entrypoint = entrypoint
