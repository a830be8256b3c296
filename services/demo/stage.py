"""All services in this process, at whatever time they are taken to: what they do by themselves is done as time passes.

They are the services' own classes, with their own rules, events and timers. No bus carries the events: what is in an
outbox goes straight to those who subscribe to it, in the same order.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import Engine, delete, event, func, select

from services.bus.entrypoints import Database, SettingsProvider, subscriptions
from services.bus.envelope import Envelope
from services.bus.models import outbox
from services.community import making_tables
from services.community.models import Introduction, Sitting
from services.community.reach import rooms as reach_rooms
from services.community.seating import seat
from services.notifications.composing.email_layout import EmailLayout
from services.notifications.delivery import sending
from services.notifications.delivery.transports import Transport
from services.notifications.models import ScheduledNotice
from services.registration.models import Booking, Session
from services.runtime import clock
from services.runtime.database import Transactions, open_engine
from services.runtime.migrations import migrate
from services.runtime.settings import Settings

MOST_LETTERS = 10_000
ALARMS = (  # what services do by themselves, and when that is next, by their own tables
    ("registration", "pass_on_expired_offers", select(func.min(Booking.offer_expires_at))),
    ("registration", "release_held_places", select(func.min(Session.next_release_at))),
    ("community", "tell_tablemates", select(func.min(Sitting.due_at))),
    (
        "community",
        "expire_introductions",
        select(func.min(Introduction.expires_at)).where(Introduction.state == "proposed"),
    ),
    (
        "notifications",
        "tell_what_is_due",
        select(func.min(ScheduledNotice.due_at)).where(ScheduledNotice.told_at.is_(None)),
    ),
)
A_MOMENT = timedelta(seconds=1)


class Stage:
    """The services, by name in `databases`, and the time that it is for them."""

    def __init__(self, settings: Settings, databases: Mapping[str, Transactions], classes: Mapping[str, type]) -> None:
        self.databases = databases
        self.now: Callable[[], datetime] = clock.now
        self._services = {name: _without_container(classes[name], settings, databases[name]) for name in databases}
        self._email_layout = EmailLayout(
            settings.mail_from, settings.public_url, settings.secret_key, settings.language
        )
        self._announced: set[str] = set()  # services in whose outbox there is something
        for name in databases:
            databases[name].listeners.append(partial(self._hear, name))
        self._readers = {
            name: {type_: method for method, types, _ in subscriptions(classes[name]) for type_ in types}
            for name in databases
        }

    def go_to(self, moment: datetime, transport: Transport) -> None:
        """Let the time pass until then, with all that falls due on the way."""
        while (alarm := self._next_alarm()) is not None and alarm[0] < moment:
            due, service, timer = alarm
            clock.start_at(max(due, self.now()) + A_MOMENT)
            getattr(self._services[service], timer)()
            self.let_happen(transport)
        clock.start_at(moment)

    def let_happen(self, transport: Transport) -> None:
        """Have the services do what follows from what has happened, and send the letters about it."""
        self.carry_events()
        begin = self.databases["notifications"].begin
        sending.deliver_next(begin, transport, self._email_layout, self.now, most=MOST_LETTERS)
        self.carry_events()

    def carry_events(self) -> None:
        """Hand what was announced to its readers, until none of them announces anything more."""
        while self._announced:
            self._carry_from(self._announced.pop())

    def make_tables(self) -> None:
        """Look for the seats that are wanted, here and now."""
        begin = self.databases["community"].begin
        while making_tables.make_next(begin, lambda gathering, seed: seat(gathering, seed).rounds, self.now):
            pass

    def make_reach(self) -> None:
        """Work out who was reached."""
        while reach_rooms.make_next(self.databases["community"].begin, self.now):
            pass

    def _hear(self, name: str, info: Mapping[Any, Any]) -> None:
        if info.get("announced"):
            self._announced.add(name)

    def _next_alarm(self) -> tuple[datetime, str, str] | None:
        """Return when the next service has something to do by itself, which one, and what."""
        found = []
        for service, timer, when in ALARMS:
            with self.databases[service].look() as db:
                if (moment := db.scalar(when)) is not None:
                    found.append((moment, service, timer))
        return min(found, default=None)

    def _carry_from(self, teller: str) -> None:
        with self.databases[teller].begin() as db:
            rows = db.execute(select(outbox.c.envelope).order_by(outbox.c.position)).all()
            db.execute(delete(outbox))
        events = [Envelope.from_json(row.envelope) for row in rows]
        for reader, methods in self._readers.items():
            theirs = [event for event in events if event.type in methods]
            if theirs:
                self._hand_to(reader, theirs)

    def _hand_to(self, name: str, events: list[Envelope]) -> None:
        with self.databases[name].begin() as db:
            for told in events:
                failure = getattr(self._services[name], self._readers[name][told.type])(db, told)
                if failure is not None:
                    raise failure


@contextmanager
def databases_of(settings: Settings, names: list[str]) -> Iterator[dict[str, Transactions]]:
    """Yield a new database for each service. They are written to the disk at the end, and not at each commit."""
    with ExitStack() as ends:
        opened = {}
        for name in names:
            engine = open_engine(settings.database_url(name), schema=name)
            ends.callback(engine.dispose)
            event.listen(engine, "connect", _write_later)
            migrate(engine, name)
            opened[name] = Transactions(engine)
        yield opened
        for transactions in opened.values():
            _write_now(transactions.engine)


def _write_later(connection: Any, _record: Any) -> None:
    connection.execute("PRAGMA synchronous=OFF")


def _write_now(engine: Engine) -> None:
    with engine.connect() as connection:
        raw: Any = connection.connection.dbapi_connection
        raw.execute("PRAGMA synchronous=FULL")
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _without_container(service_class: type, settings: Settings, database: Transactions) -> Any:
    """Return a service with its dependencies, which nameko hands out otherwise."""
    service = service_class()
    for name, provider in vars(service_class).items():
        if isinstance(provider, Database):
            setattr(service, name, database)
        elif isinstance(provider, SettingsProvider):
            setattr(service, name, settings)
    return service
