"""All services in this process, at whatever time they are taken to: what they do by themselves is done as time passes.

They are the services' own classes, with their own rules, events and timers. No bus carries the events: what is in an
outbox goes straight to those who subscribe to it, in the same order.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Engine, delete, event, func, select

from services.bus import clock
from services.bus.database import Transactions, open_engine
from services.bus.entrypoints import Database, SettingsProvider, subscriptions
from services.bus.envelope import Envelope
from services.bus.migrations import migrate
from services.bus.models import outbox
from services.bus.settings import Settings
from services.community import making_tables
from services.community.models import Sitting
from services.community.reach import making as making_reach
from services.community.seating import seat
from services.notifications import delivery
from services.notifications.letterhead import Letterhead
from services.notifications.models import Message, Occasion
from services.notifications.transports import Transport
from services.registration.models import Booking, Session

MOST_LETTERS = 10_000
BY_THEMSELVES = (  # what services do as time passes, and a stage has to have done
    ("registration", "pass_on_expired_offers"),
    ("registration", "release_held_places"),
    ("registration", "settle_attendance"),
    ("community", "expire_introductions"),
    ("community", "tell_tablemates"),
    ("notifications", "tell_what_is_due"),
)
ALARMS = (  # when that is next, by the services' own tables
    ("registration", select(func.min(Booking.offer_expires_at))),
    ("registration", select(func.min(Session.next_release_at))),
    ("community", select(func.min(Sitting.due_at))),
    ("notifications", select(func.min(Occasion.due_at)).where(Occasion.told_at.is_(None))),
    ("notifications", select(func.min(Message.due_at)).where(Message.state == "queued")),
)
A_MOMENT = timedelta(seconds=1)


class Stage:
    """The services, by name in `databases`, and the time that it is for them."""

    def __init__(self, settings: Settings, databases: Mapping[str, Transactions], classes: Mapping[str, type]) -> None:
        self.databases = databases
        self.now: Callable[[], datetime] = clock.now
        self._services = {name: _without_container(classes[name], settings, databases[name]) for name in databases}
        self._letterhead = Letterhead(settings.mail_from, settings.public_url, settings.secret_key, settings.language)
        self._readers = {
            name: {type_: method for method, types, _ in subscriptions(classes[name]) for type_ in types}
            for name in databases
        }

    def go_to(self, moment: datetime, transport: Transport) -> None:
        """Let the time pass until then, with all that falls due on the way."""
        while (due := self._next_alarm()) is not None and due < moment:
            clock.start_at(max(due, self.now()) + A_MOMENT)
            self.let_happen(transport)
        clock.start_at(moment)

    def let_happen(self, transport: Transport) -> None:
        """Have the services do what follows from what has happened, until nothing does."""
        self.carry_events()
        for name, method in BY_THEMSELVES:
            getattr(self._services[name], method)()
        self.carry_events()
        delivery.deliver_next(
            self.databases["notifications"].begin, transport, self._letterhead, self.now, most=MOST_LETTERS
        )
        self.carry_events()

    def make_tables(self) -> None:
        """Look for the seats that are wanted, here and now."""
        begin = self.databases["community"].begin
        while making_tables.make_next(begin, lambda gathering, seed: seat(gathering, seed).rounds, self.now):
            pass

    def make_reach(self) -> None:
        """Work out who was reached."""
        making_reach.make_all(self.databases["community"].begin, self.now())

    def _next_alarm(self) -> datetime | None:
        moments = []
        for name, when in ALARMS:
            with self.databases[name].look() as db:
                moments.append(db.scalar(when))
        return min((moment for moment in moments if moment is not None), default=None)

    def carry_events(self) -> None:
        while any(self._carry_from(database) for database in self.databases.values()):
            pass

    def _carry_from(self, teller: Transactions) -> bool:
        """Hand what is in an outbox to its readers; return whether there was anything."""
        with teller.look() as db:
            rows = db.execute(select(outbox.c.position, outbox.c.envelope).order_by(outbox.c.position)).all()
        if not rows:
            return False
        events = [Envelope.from_json(row.envelope) for row in rows]
        for name, methods in self._readers.items():
            theirs = [event for event in events if event.type in methods]
            if theirs:
                self._hand_to(name, theirs)
        with teller.begin() as db:
            db.execute(delete(outbox).where(outbox.c.position <= rows[-1].position))
        return True

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
