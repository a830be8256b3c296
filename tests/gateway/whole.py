"""All of Headrow in one process without a bus: the gateway asks the services themselves, each with its own database."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, MetaData, select, update
from sqlalchemy.orm import Session as OrmSession
from werkzeug.test import Client, TestResponse
from werkzeug.wrappers import Request

from gateway.assembly import SITE
from gateway.projection import snapshot
from gateway.projection.read_model import ReadModel
from gateway.web.application import Application
from gateway.web.call import Services
from services.bus.assertions import Signer, Verifier
from services.bus.entrypoints import subscriptions
from services.bus.envelope import Envelope
from services.bus.models import metadata as bus_tables
from services.bus.models import outbox
from services.bus.wire import to_json
from services.catalogue.importing import import_programme
from services.catalogue.models import Base as CatalogueTables
from services.catalogue.service import Catalogue
from services.community.models import Base as CommunityTables
from services.community.service import Community
from services.notifications.models import Base as NotificationsTables
from services.notifications.service import Notifications
from services.registration.accounts import people, roles, tokens
from services.registration.models import Base as RegistrationTables
from services.registration.service import Registration
from services.runtime import clock
from services.runtime.database import Transactions
from services.runtime.settings import Settings

SAMPLE = Path(__file__).parents[2] / "services" / "samples" / "leeds-programme.json"
SERVICES: dict[Any, MetaData] = {
    Catalogue: CatalogueTables.metadata,
    Registration: RegistrationTables.metadata,
    Notifications: NotificationsTables.metadata,
    Community: CommunityTables.metadata,
}


@dataclass(frozen=True)
class Told:
    """What a service answered. Nobody waits until what it announced is heard: that is when it is delivered."""

    value: Any
    replayed: bool = False
    announced: tuple[str, int] | None = None

    @property
    def content(self) -> bytes:
        return to_json(self.value)


class Undoable(Transactions):
    """Transactions of which none is kept while `undoes` is set."""

    undoes = False

    @contextmanager
    def begin(self) -> Iterator[OrmSession]:
        with super().begin() as db:
            yield db
            if self.undoes:
                db.flush()
                db.rollback()


class Peer:
    """A service, asked as over the bus: what goes there and what comes back is JSON."""

    def __init__(self, service: Any) -> None:
        self.service = service

    def call(self, method: str, timeout: float = 0, **named: Any) -> Told:
        reply = getattr(self.service, method)(**json.loads(to_json(named)))
        if reply.refusal is not None:
            raise reply.refusal
        return Told(json.loads(to_json(reply.value)), reply.replayed)


class Whole:
    """Headrow with the sample programme. What is announced is heard when `deliver` is called, and not before."""

    def __init__(self, make_engine: Callable[..., Engine], settings: Settings) -> None:
        self.settings = settings
        self.databases = {kind.name: Undoable(make_engine(tables, bus_tables)) for kind, tables in SERVICES.items()}
        self.peers = {kind.name: Peer(self._made(kind)) for kind in SERVICES}
        self._delivered: set[str] = set()
        with self.databases["catalogue"].begin() as db:
            import_programme(db, json.loads(SAMPLE.read_text()), clock.now())
        self.deliver()
        self.model = ReadModel()
        snapshot.take(self.model, self.peers["catalogue"], self.peers["registration"])
        self.application = Application(settings, SITE, self.model, clock.now, typeset=lambda *_, **__: b"%PDF")
        self.client = Client(self._wsgi)

    def _made(self, kind: Any) -> Any:
        service = kind()
        service.database = self.databases[kind.name]
        service.settings = service.config = self.settings
        service.signer, service.verifier = Signer(self.settings), Verifier(self.settings)
        return service

    def _wsgi(self, environ: dict[str, Any], start_response: Any) -> Any:
        environ["wsgi.input_terminated"] = True
        environ.setdefault("REMOTE_ADDR", "192.0.2.1")
        return self.application.answer(Request(environ), Services(**self.peers))(environ, start_response)

    def deliver(self) -> None:
        """Have each service hear what the others announced since the last time, and what follows from that."""
        while events := self._announced():
            for event in events:
                for kind in SERVICES:
                    self._tell(kind, event)

    def publish(self) -> None:
        """Note that all that was announced is published, as a relay does: else a service is behind after a minute."""
        for database in self.databases.values():
            with database.begin() as db:
                waits = outbox.c.published_at.is_(None)
                db.execute(update(outbox).where(waits).values(published_at=clock.now()))

    def _announced(self) -> list[Envelope]:
        told = [row for database in self.databases.values() for row in _outbox_of(database)]
        events = [Envelope.from_json(row) for row in told]
        new = [event for event in events if event.id not in self._delivered]
        self._delivered |= {event.id for event in new}
        return new

    def _tell(self, kind: Any, event: Envelope) -> None:
        for name, types, _ in subscriptions(kind):
            if event.type in types:
                with self.databases[kind.name].begin() as db:
                    failure = getattr(self.peers[kind.name].service, name)(db, event)
                    if failure is not None:
                        raise failure

    @contextmanager
    def undone(self) -> Iterator[None]:
        """Have nothing of what is done inside be kept."""
        for database in self.databases.values():
            database.undoes = True
        yield
        for database in self.databases.values():
            database.undoes = False

    def ask(self, method: str, path: str, token: str | None = None, given: Any = None, **headers: str) -> TestResponse:
        """Ask the API. `headers` in Python's spelling."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if token:
            named["Authorization"] = f"Bearer {token}"
        return self.client.open(f"/api/v1{path}", method=method, headers=named, json=given)

    def sign_in(self, email: str) -> str:
        """Return a token of someone who signs in with the code that is mailed to them."""
        assert self.ask("POST", "/sign-in", given={"email": email}).status_code == 202
        rows = [Envelope.from_json(row) for row in _outbox_of(self.databases["registration"])]
        code = [event.data["code"] for event in rows if event.data.get("email") == email and "code" in event.data][-1]
        answer = self.ask("POST", "/sign-in/confirm", given={"email": email, "code": code})
        assert answer.status_code == 200, answer.text
        return str(answer.json["token"])

    def token(self, email: str, role: str) -> str:
        """Return a token of someone with a role, as `headrow token` makes it."""
        with self.databases["registration"].begin() as db:
            person = people.ensure_account(db, email, clock.now())
            roles.give(db, person, role, clock.now())
            return tokens.issue(db, person, clock.now())[0]

    def introduce(self, email: str) -> str:
        """Have someone say who they are, and return their id."""
        with self.databases["registration"].begin() as db:
            person = people.ensure_account(db, email, clock.now())
            name = email.partition("@")[0].title()
            people.change(db, person, person.version, {"name": name, "sector": "hospital"}, clock.now())
            return str(person.id)


def _outbox_of(database: Transactions) -> list[str]:
    with database.begin() as db:
        query = select(outbox.c.envelope).where(outbox.c.envelope.is_not(None)).order_by(outbox.c.position)
        return list(db.scalars(query))


def settings_for(folder: Path, **changes: Any) -> Settings:
    """Return settings with which nothing is limited, and nothing written but in a folder."""
    settings = Settings(data=folder, mail=f"file:{folder}/mail", secret_key="k" * 32, limits=False)
    return replace(settings, public_url="https://headrow.example", **changes)
