"""The nameko extensions behind the decorators of `entrypoints.py`, but for calls: see `rpc_server.py`.

Each runs its method in a worker of nameko's container, so that dependencies are there and a stop waits for it; but for
the inbox, whose own green thread is waited for: a worker for each event would cost more than most events. None of them
lets an error out of its green thread: that would end the whole process.
"""

import functools
import logging
import time
import uuid
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import eventlet
from eventlet.event import Event
from eventlet.semaphore import Semaphore
from nameko.extensions import Entrypoint, ProviderCollector, SharedExtension

from services.bus.broker import BrokerConnection, BrokerDown, WakeEvent
from services.bus.declaring import declare_broadcast
from services.bus.envelope import Envelope, NotAnEnvelope
from services.bus.inbox import Handler, Inbox
from services.bus.metrics import Turns
from services.bus.outbox import when_woken
from services.bus.reconciler import Reconciler
from services.bus.topology import is_of_sender
from services.runtime.refusals import Refusal, Unavailable

log = logging.getLogger(__name__)

FEED_PREFETCH = 1000
MANY = 200  # events that came since the last look: in calm there are few


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
    return provider_of(container, "database")


def provider_of(container: Any, name: str) -> Any:
    """Return what provides the dependency of that name."""
    return next(provider for provider in container.dependencies if provider.attr_name == name)


def instance_of(container: Any, entrypoint: Any) -> Any:
    """Return a service with what it depends on, for an entry point that calls its methods in its own green thread."""
    service = container.service_cls()
    container._inject_dependencies(_Context(service, entrypoint))
    return service


class EventInbox(ProviderCollector, SharedExtension):
    """The inbox of one service in this process, handing each event to the method that subscribes to it."""

    reconciler = Reconciler()

    def start(self) -> None:
        service = instance_of(self.container, self)
        handlers: dict[str, Handler] = {}
        for provider in self._providers:
            method = getattr(service, provider.method_name)
            handler = Handler(functools.partial(method.handle, service), method.in_runs)
            handlers.update(dict.fromkeys(provider.types, handler))
        config, name = self.container.config, self.container.service_name
        urgent = frozenset(type_ for provider in self._providers if provider.urgent for type_ in provider.types)
        transactions, bus = database_of(self.container).transactions, config["SETTINGS"].bus
        self.inbox = Inbox(name, transactions, bus, config["TOPOLOGY"], handlers, urgent=urgent)
        self.broker = self.inbox.broker
        self.inbox.start()
        self.reconciler.watch(self.inbox, handlers)

    def unregister_provider(self, provider: Any) -> None:
        """Stop with the last subscription, while the workers and the database are still there."""
        super().unregister_provider(provider)
        if not self._providers:
            self.inbox.stop()


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
    """A method that runs by itself, every `period` seconds at the latest; `wake` has it run once that is committed."""

    period: float

    def start(self) -> None:
        self._stopping = False
        self._went_well_at, self._failing = time.monotonic(), False
        self._wake_event = WakeEvent()
        database_of(self.container).transactions.listeners.append(when_woken(self.method_name, self.waker()))
        self._threads = [eventlet.spawn(self._run_for_ever) for _ in range(self.copies())]

    def stop(self) -> None:
        self._stopping = True
        self._wake_event.set()
        for thread in self._threads:
            thread.wait()

    def copies(self) -> int:
        """Return in how many green threads it runs."""
        return 1

    def waker(self) -> Callable[[], None]:
        """Return what has it run soon."""
        return self._wake_event.set

    def _run_for_ever(self) -> None:
        while not self._stopping:
            result, raised = in_worker(self)
            self._failing = raised is not None
            if not self._failing:
                self._went_well_at = time.monotonic()
            self.rest(bool(result), raised)

    def turns(self) -> Turns:
        """Return how it fares; of several copies, what the last one came to."""
        return Turns(time.monotonic() - self._went_well_at, self.period, self._failing)

    def rest(self, result: bool, raised: BaseException | None) -> None:
        """Wait until the next turn."""
        raise NotImplementedError


class Timer(Repeated):
    """A method that runs every so many seconds, and soon after `wake`."""

    expected_exceptions = Unavailable

    def __init__(self, seconds: float, after_wake: float, **kwargs: Any) -> None:
        self.period = seconds
        self._after_wake = after_wake
        super().__init__(**kwargs)

    def rest(self, result: bool, raised: BaseException | None) -> None:
        if self._wake_event.wait(self.period) and not self._stopping:
            eventlet.sleep(self._after_wake)  # let others of the same kind come too


class Loop(Repeated):
    """A method that runs as long as it has something to do."""

    expected_exceptions = Unavailable

    def __init__(self, idle: float, copies: int, **kwargs: Any) -> None:
        self.period = idle
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

    def waker(self) -> Callable[[], None]:
        def wake() -> None:
            if self._wakes.counter < self._copies:
                self._wakes.release()

        return wake

    def rest(self, result: bool, raised: BaseException | None) -> None:
        if raised is not None or not result:
            self._wakes.acquire(timeout=self.period)


class Broadcast(Entrypoint):
    """A method that hears every event in every process."""

    def __init__(self, types: Sequence[str], on_gap: str, **kwargs: Any) -> None:
        self._types = types
        self._on_gap = on_gap
        super().__init__(**kwargs)

    def start(self) -> None:
        self._arrived: list[Any] = []
        self._arrival = WakeEvent()
        self._gap = True
        self._behind = False
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
        self._arrived = []
        self._gap = True
        channel.basic_qos(0, FEED_PREFETCH, False)  # the broker keeps what there is no time for yet
        channel.basic_consume(
            queue=queue, consumer_tag=queue, no_ack=False, callback=lambda raw: self._on_message(channel, raw)
        )
        self._arrival.set()

    def _on_message(self, channel: Any, raw: Any) -> None:
        self._arrived.append(channel.message_to_python(raw))
        self._arrival.set()

    def _run_for_ever(self) -> None:
        while not self._stopping:
            if self._gap and self.broker.up:
                self._close_gap()
            elif (self._arrived or self._behind) and not self._gap:
                self._hand_out()
            else:
                self._arrival.wait(1)

    def _hand_out(self) -> None:
        """Hand out all that has come, and say whether so much came at once that there may be a backlog."""
        batch, self._arrived = self._arrived, []
        self._behind = len(batch) >= MANY
        in_worker(self, [event for message in batch if (event := self._read(message))], self._behind)
        if batch:
            with suppress(BrokerDown):  # then the rest is not handed out either: there is a gap
                self.broker.ack_up_to(batch[-1])

    def _read(self, message: Any) -> Envelope | None:
        try:
            event = Envelope.from_json(message.body)
            if is_of_sender(message.delivery_info["routing_key"], event.type):
                return event
            raise NotAnEnvelope(f"{event.type} came as {message.delivery_info['routing_key']}")
        except NotAnEnvelope as error:
            log.warning("%s: not an event, dropped (%s)", self.container.service_name, error)
            return None

    def _close_gap(self) -> None:
        self._gap = False  # a new connection during the snapshot sets it again
        service = instance_of(self.container, self)
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
