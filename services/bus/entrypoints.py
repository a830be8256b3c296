"""What a service class is made of: `@rpc`, `@subscribe`, `@timer`, `@worker_loop`, `@broadcast`, and its dependencies.

A method that is decorated here gets what it needs as parameters: a `db` whose transaction is opened before it and
committed after it, what it was given, validated, and its caller.
"""

import functools
import inspect
import logging
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from typing import Any, TypeVar

from eventlet.timeout import Timeout
from nameko.extensions import DependencyProvider
from sqlalchemy.orm import Session as OrmSession

from services.bus import audit, grouped, metrics, spans
from services.bus.assertions import Signer, Verifier
from services.bus.calls import Call, Reply, Requires
from services.bus.envelope import Envelope
from services.bus.extensions import Broadcast, Loop, Subscription, Timer
from services.bus.grouped import Together
from services.bus.leader_lock import once as take_turn
from services.bus.relay import Relay
from services.bus.rpc import RpcClient
from services.bus.rpc_server import Rpc
from services.runtime import correlation, tracing
from services.runtime.database import Transactions, open_engine
from services.runtime.refusals import Unavailable
from services.runtime.schemas import Schema, load
from services.runtime.settings import Settings

__all__ = [
    "Database",
    "RpcClient",
    "SettingsProvider",
    "SignerProvider",
    "VerifierProvider",
    "broadcast",
    "rpc",
    "subscribe",
    "subscriptions",
    "timer",
    "worker_loop",
]

log = logging.getLogger(__name__)
Method = TypeVar("Method", bound=Callable[..., Any])
SETTINGS = "SETTINGS"  # keys of nameko's configuration
TOPOLOGY = "TOPOLOGY"
CALLS = "CALLS"
OUTSIDE = 4.0  # seconds that asking outside may take: whoever waits for the page waits for less than five


class SettingsProvider(DependencyProvider):
    """The settings of this process."""

    def get_dependency(self, worker_ctx: Any) -> Settings:
        settings: Settings = self.container.config[SETTINGS]
        return settings


class SignerProvider(DependencyProvider):
    """What signs, in registration's name, who someone is."""

    def setup(self) -> None:
        self._signer = Signer(self.container.config[SETTINGS])

    def get_dependency(self, worker_ctx: Any) -> Signer:
        return self._signer


class VerifierProvider(DependencyProvider):
    """What checks who someone is by registration's signature."""

    def setup(self) -> None:
        self._verifier = Verifier(self.container.config[SETTINGS])

    def get_dependency(self, worker_ctx: Any) -> Verifier:
        return self._verifier


class Database(DependencyProvider):
    """The service's own database, and the relay of its outbox. A method sees it as `Transactions`."""

    transactions: Transactions

    def setup(self) -> None:
        service = self.container.service_name
        settings: Settings = self.container.config[SETTINGS]
        engine = open_engine(settings.database_url(service), schema=service)
        self.transactions = Transactions(engine)
        self.relay = Relay(service, self.transactions, settings.bus, self.container.config[TOPOLOGY])
        self.broker = self.relay.broker

    def start(self) -> None:
        self.relay.start()

    def stop(self) -> None:
        self.relay.stop()
        self.transactions.engine.dispose()

    def get_dependency(self, worker_ctx: Any) -> Transactions:
        return self.transactions


def rpc(
    accepts: type[Schema] | Schema | None = None,
    returns: type[Schema] | Schema | None = None,
    *,
    keep_answer: bool = True,
    serialised: bool = False,
    requires: Requires | None = None,
    lane: str | None = None,
    records: audit.Records | None = None,
    first: Callable[..., Any] | None = None,
    first_within: float = OUTSIDE,
    together: Together | None = None,
) -> Callable[[Method], Method]:
    """Have the method answer calls from other processes.

    It is called as `method(self, db, **named)`, with `caller` and `given` (as `accepts` loads it) where it takes them.
    What it returns goes through `returns`. `requires` first raises a refusal, unless the caller may.
    `keep_answer=False` is for answers that hold a secret. With `serialised`, the service is to do one such call of a
    caller at a time: its `identify(db, caller, serialised)` locks them. `lane` names the argument, or the field of what
    is given, by whose value only a few calls are worked on at once: those that wait for the same row. `records` is what
    an answer leaves in the audit record, by the service's `record(db, caller, entries)`. What takes long, as asking
    outside does, is done before the transaction, by `first(service, given)`, which is given up after `first_within`
    seconds; the method has its answer as `found`. All calls that wait at one moment are done by
    `together(service, db, calls)`, if there are several: see `grouped.py`.
    """
    assert not (together and (requires or records or first)), "nothing of these is done for a group"

    def decorate(method: Method) -> Method:
        takes_caller = "caller" in inspect.signature(method).parameters
        call = Call(
            method, _instance(accepts), _instance(returns), takes_caller, keep_answer, serialised, requires, records,
            _within(first_within, first) if first else None,
        )  # fmt: skip

        @functools.wraps(method)
        def entry(
            service: Any,
            /,
            correlation_id: str | None = None,
            traceparent: object = None,
            export: bool = False,
            group: Sequence[dict[str, Any]] | None = None,
            **request: Any,
        ) -> Reply | list[Reply | None]:
            name = method.__name__
            if together is not None and group is not None:
                return grouped.answer(call, together, service, service.database, group)
            answer = functools.partial(call.answer, service, service.database, request)
            counted = functools.partial(metrics.answered, service.name, name, answer)
            with correlation.following(correlation_id), audit.exporting() if export else nullcontext():
                if tracing.on:
                    return spans.answered(service.name, name, tracing.accepted(traceparent), counted)
                return counted()

        entry.requires, entry.records = requires, records  # type: ignore[attr-defined]
        return Rpc.decorator(lane, together is not None)(entry)  # type: ignore[no-any-return]

    return decorate


def _within(seconds: float, ask: Callable[..., Any]) -> Callable[..., Any]:
    def asked(service: Any, given: Any) -> Any:
        with Timeout(seconds, Unavailable("This took too long. Try again in a moment.")):
            return ask(service, given)

    return asked


def subscribe(*types: str, reads: type[Schema] | Schema, urgent: bool = False) -> Callable[[Method], Method]:
    """Have the method handle events of these types, once each: `method(self, db, event)`.

    `event` is an Envelope whose `data` is what `reads` loaded. Raising has it tried again later, and parked at last.
    `urgent` events are handled before all others that wait. They overtake what was said of their subject by others:
    it is for types whose subjects no other type tells of.
    """
    schema = _instance(reads)
    assert schema is not None

    def decorate(method: Method) -> Method:
        @functools.wraps(method)
        def entry(service: Any, db: OrmSession, event: Envelope) -> BaseException | None:
            handle = functools.partial(_handle, method, schema, service, db, event)
            with correlation.following(event.correlation_id):
                return spans.handled(service.name, event, handle) if tracing.on else handle()

        entry.subscribed = (types, schema)  # type: ignore[attr-defined]
        return Subscription.decorator(types, urgent)(entry)  # type: ignore[no-any-return]

    return decorate


def _handle(
    method: Callable[..., Any], schema: Schema, service: Any, db: OrmSession, event: Envelope
) -> BaseException | None:
    try:
        method(service, db, Envelope(**{**event.__dict__, "data": load(schema, event.data)}))
        db.flush()
    except Exception as failure:  # returned, to be put off or parked with its cause
        return failure
    return None


def timer(seconds: float, *, once: bool = False, after_wake: float = 0.1) -> Callable[[Method], Method]:
    """Have the method run every so many seconds: `method(self, db)`. With `once`, in one process at a time.

    A `wake(db, name_of_the_method)` has it run `after_wake` seconds after the commit, however often that was asked.
    """

    def decorate(method: Method) -> Method:
        @functools.wraps(method)
        def entry(service: Any) -> None:
            def run(db: OrmSession) -> None:
                if not once or take_turn(db, f"{service.name}.{method.__name__}"):
                    method(service, db)

            with correlation.following(None):
                service.database.run(run)

        return Timer.decorator(seconds, after_wake)(entry)  # type: ignore[no-any-return]

    return decorate


def worker_loop(*, idle: float, copies: int = 1) -> Callable[[Method], Method]:
    """Have `method(self) -> bool` run again and again, in `copies` green threads.

    True: at once again. False: after a `wake(db, name_of_the_method)` is committed here, or after `idle` seconds.
    """

    def decorate(method: Method) -> Method:
        @functools.wraps(method)
        def entry(service: Any) -> bool:
            with correlation.following(None):
                return bool(method(service))

        return Loop.decorator(idle, copies)(entry)  # type: ignore[no-any-return]

    return decorate


def broadcast(*types: str, on_gap: str) -> Callable[[Method], Method]:
    """Have the method hear every event of these types, in every process: `method(self, events, behind)`, no database.

    It hears all that have come since the last time, and whether they are so many that there may be a backlog.
    Events may have been missed at the start and whenever the broker was away. Then the method called `on_gap` is
    called, until it returns, before any event is handed out.
    """

    def decorate(method: Method) -> Method:
        method.heard = types  # type: ignore[attr-defined]
        return Broadcast.decorator(types, on_gap)(method)  # type: ignore[no-any-return]

    return decorate


def subscriptions(service_class: type) -> list[tuple[str, Sequence[str], Schema]]:
    """Return (method's name, types, schema that reads them) for all that a service subscribes to."""
    methods = inspect.getmembers(service_class, lambda member: hasattr(member, "subscribed"))
    return [(name, *method.subscribed) for name, method in methods]


def heard(service_class: type) -> tuple[str, ...]:
    """Return the types of events that each process of a service hears by itself."""
    methods = inspect.getmembers(service_class, lambda member: hasattr(member, "heard"))
    return tuple(type_ for _, method in methods for type_ in method.heard)


def topology(*service_classes: Any) -> dict[str, list[str]]:
    """Return which service reads which types of events."""
    return {
        service.name: [type_ for _, types, _ in subscriptions(service) for type_ in types]
        for service in service_classes
        if subscriptions(service)
    }


def _instance(schema: type[Schema] | Schema | None) -> Schema | None:
    return schema() if isinstance(schema, type) else schema
