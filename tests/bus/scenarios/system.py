"""What a scenario plays with: services that it starts and stops, calls to them, and a look at their databases."""

import json
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import eventlet
from amqp.exceptions import InternalError, NotFound
from eventlet.event import Event
from eventlet.semaphore import Semaphore
from kombu.connection import Connection
from sqlalchemy import select, text
from sqlalchemy.orm import Session as OrmSession

from services.bus import metrics_port, models, wire
from services.bus.broker import BrokerConnection
from services.bus.declaring import declare_exchange
from services.bus.entrypoints import Database, topology
from services.bus.envelope import Envelope
from services.bus.extensions import database_of
from services.bus.rpc import Answer, Remote, RpcClient
from services.bus.runner import Runner
from services.bus.topology import EVENTS, declare_queue, queue_of
from services.runtime.database import Transactions, make_schema, open_engine
from services.runtime.settings import Settings
from tests.bus.scenarios.services import effects

T = TypeVar("T")


def eventually(look: Callable[[], T], within: float = 90) -> T:
    """Return what `look` returns as soon as that is true; fail after so many seconds."""
    deadline = time.monotonic() + within
    while not (seen := look()):
        assert time.monotonic() < deadline, f"not within {within} s: it is still {seen!r}"
        eventlet.sleep(0.02)
    return seen


def at_once(number: int, do: Callable[[int], T]) -> list[T]:
    """Return what `do(0)`, `do(1)`, … return when all run at the same time."""
    return [thread.wait() for thread in [eventlet.spawn(do, n) for n in range(number)]]


def an_event(text: str = "hello", type: str = "echo.noted.v1", **fields: Any) -> Envelope:
    """Return an event as Echo announces it."""
    given = {"id": str(uuid.uuid4()), "type": type, "source": "echo", "subject": "notes", "version": 1}
    rest = {"time": datetime(2027, 3, 9, tzinfo=UTC), "correlation_id": None, "data": {"text": text}}
    return Envelope(**{**given, **rest, **fields})


class System:
    """The services of one scenario, all in this process; those that use a server reach it as they would in a city."""

    def __init__(self, bus: str, database: str, folder: Path) -> None:
        self.settings = Settings(data=folder, bus=bus, database=database)
        self.runners: list[Runner] = []
        self._topology: dict[str, list[str]] = {}
        self._names: set[str] = set()
        self._own: dict[str, Transactions] = {}
        self._remote: Any = None
        self._making_remote = Semaphore()
        self._raw: Raw | None = None

    def learn(self, *classes: type) -> None:
        """Have the services that are started from here on know of these."""
        self._topology |= topology(*classes)
        names = {service.name for service in classes}
        new = names - self._names
        forget_queues(self.settings.bus, new)
        declare_queues(self.settings.bus, {name: self._topology.get(name) for name in sorted(new)})
        self._names |= names

    def prepare(self, *classes: type) -> None:
        """Make the databases of services, and learn what they read, without starting them."""
        self.learn(*classes)
        for name in [service.name for service in classes if _has_database(service)]:
            with self.database(name) as db:
                _make_place(db, name)
            with self.database(name) as db:
                models.metadata.create_all(db.connection())
                effects.create(db.connection(), checkfirst=True)

    def start(self, *classes: type, prepared: bool = False, linked: bool = True, **changed: Any) -> Runner:
        """Start services and, if `linked`, wait for the broker; `changed` settings are for these alone."""
        if not prepared:
            self.prepare(*classes)
        runner = Runner(replace(self.settings, **changed), self._topology, classes)
        self.runners.append(runner)
        runner.start()
        assert not linked or all(connection.wait_until_up(5) for connection in connections_of(runner))
        return runner

    def stop(self) -> None:
        """Stop all that still runs, the last first."""
        for runner in reversed(self.runners):
            runner.stop()
        if self._raw:
            self._raw.broker.stop()
        self.let_go()

    def let_go(self) -> None:
        """Close the connections to databases that are the scenario's own."""
        for transactions in self._own.values():
            transactions.engine.dispose()

    def call(self, service: str, method: str, /, **request: Any) -> Answer:
        """Call a method as the gateway does, but with time enough on any machine. Raises Refused, Unavailable."""
        request.setdefault("timeout", 60)
        with self._making_remote:  # who start at once would declare, and delete, the same queues
            if self._remote is None:
                self._remote = self.caller()
        return self._remote(service).call(method, **request)

    def caller(self, **changed: Any) -> Callable[[str], Remote]:
        """Start one who calls others, and return what gives the others by name."""
        clients = {name: RpcClient(name) for name in sorted(self._names) or ["nobody"]}
        front = type("Front", (), {"name": "front", **clients})
        client = next(iter(self.start(front, **changed).containers[0].dependencies))
        return lambda service: Remote(client.caller, service)

    @property
    def raw(self) -> "Raw":
        """A connection on which anything can be sent."""
        if self._raw is None:
            self._raw = Raw(self.settings.bus)
        return self._raw

    @contextmanager
    def database(self, service: str) -> Iterator[OrmSession]:
        """Open a transaction in a service's database."""
        with self.transactions(service).begin() as db:
            yield db

    def effects(self, service: str) -> list[str]:
        """Return what took effect in a service's database, in order."""
        with self.database(service) as db:
            return list(db.scalars(select(effects.c.what).order_by(effects.c.position)))

    def inbox(self, service: str) -> list[Any]:
        """Return a service's inbox, in order."""
        with self.database(service) as db:
            return list(db.execute(select(models.inbox).order_by(models.inbox.c.position)))

    def outbox(self, service: str) -> list[Any]:
        """Return a service's outbox, in order."""
        with self.database(service) as db:
            return list(db.execute(select(models.outbox).order_by(models.outbox.c.position)))

    def transactions(self, service: str) -> Transactions:
        """Return what opens transactions in a service's database."""
        running = [c for runner in self.runners for c in runner.containers if c.service_name == service and c.started]
        if running and self.settings.database.startswith("sqlite"):
            return database_of(running[-1]).transactions  # who else waited for the file's lock would stop the process
        if service not in self._own:
            self._own[service] = Transactions(open_engine(self.settings.database_url(service), service))
        return self._own[service]


def forget_queues(bus: str, services: set[str]) -> None:
    """Delete what an earlier scenario left at the broker."""
    for service in services:
        for queue in (wire.queue_of(service), queue_of(service)):
            _done(bus, partial(_delete, queue))


def declare_queues(bus: str, services: Mapping[str, Iterable[str] | None]) -> None:
    """Declare the queues of services, and bind them to what they read, as `headrow migrate` does."""
    for service, types in services.items():
        _done(bus, partial(_declare, service, types))


def _delete(queue: str, channel: Any) -> None:
    channel.queue_delete(queue)


def _declare(service: str, types: Iterable[str] | None, channel: Any) -> None:
    for exchange in (EVENTS, wire.EXCHANGE):
        declare_exchange(channel, exchange)
    wire.declare_requests(channel, service)
    if types is not None:
        declare_queue(channel, service, types)


def _done(bus: str, action: Callable[[Any], None]) -> None:
    """Have `action(channel)` done, over a new connection each time, until the broker does it.

    RabbitMQ answers INTERNAL_ERROR about a quorum queue that it has not finished declaring or deleting: on a busy
    machine that takes a while.
    """
    for _ in range(20):
        with suppress(InternalError, NotFound), Connection(bus) as connection, connection.channel() as channel:
            action(channel)
            return
        time.sleep(0.25)
    raise TimeoutError("the broker would neither declare nor delete a queue")


def connections_of(runner: Runner) -> list[BrokerConnection]:
    """Return the connections to the broker of all that was started."""
    connections = [one for container in runner.containers for one in metrics_port.connections_of(container).values()]
    return list({id(connection): connection for connection in connections}.values())


class Raw:
    """Sends what no service of ours would send, and hears the replies."""

    def __init__(self, bus: str) -> None:
        self._replies: dict[str, Event] = {}
        self.broker = BrokerConnection(bus, "raw", self._on_open)
        self.broker.start()
        assert self.broker.wait_until_up(5)

    def _on_open(self, channel: Any) -> None:
        channel.exchange_declare(exchange=wire.EXCHANGE, type="topic", durable=True, auto_delete=False)
        channel.queue_declare(queue="raw", durable=False, exclusive=True, auto_delete=True)
        channel.queue_bind(queue="raw", exchange=wire.EXCHANGE, routing_key="raw")
        channel.basic_consume(
            queue="raw", consumer_tag="raw", no_ack=True, callback=lambda raw: self._hear(channel, raw)
        )

    def _hear(self, channel: Any, raw: Any) -> None:
        message = channel.message_to_python(raw)
        self._replies[message.properties["correlation_id"]].send(json.loads(message.body))

    def send(self, exchange: str, routing_key: str, body: bytes, headers: Any = None, **properties: Any) -> None:
        """Publish one message with just these properties."""
        kind = {name: properties.pop(name, None) for name in ("content_type", "content_encoding")}

        def write(channel: Any) -> None:
            message = channel.prepare_message(body, headers=headers or {}, properties=properties, **kind)
            channel.basic_publish(message, exchange=exchange, routing_key=routing_key)

        self.broker.write(write)

    def event(self, body: bytes, routing_key: str = "echo.noted.v1", **properties: Any) -> None:
        """Publish a body where events are published."""
        self.send(EVENTS, routing_key, body, **properties)

    def ask(self, method: str, body: bytes, **properties: Any) -> dict[str, Any]:
        """Send a request to Echo, and return the reply as it came."""
        call_id = str(uuid.uuid4())
        reply = self._replies[call_id] = Event()
        self.send(wire.EXCHANGE, f"echo.{method}", body, reply_to="raw", correlation_id=call_id, **properties)
        with eventlet.Timeout(5):
            return reply.wait()


def _make_place(db: OrmSession, service: str) -> None:
    if db.get_bind().dialect.name == "postgresql":
        make_schema(db.get_bind(), service)
        # No scenario kills the server, so none needs to wait for its disk.
        name = db.scalar(text("SELECT current_database()"))
        db.execute(text(f'ALTER DATABASE "{name}" SET synchronous_commit = off'))


def _has_database(service: type) -> bool:
    return any(isinstance(provider, Database) for provider in vars(service).values())
