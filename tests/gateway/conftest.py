"""The smallest world that the gateway's sentences need: a read model with one of each thing, and faked services."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
from werkzeug.test import Client, TestResponse
from werkzeug.wrappers import Request

from gateway.assembly import SITE
from gateway.projection import snapshot
from gateway.projection.read_model import ReadModel
from gateway.web.application import Application
from gateway.web.call import Services
from services.runtime.settings import Settings
from tests.gateway import catalogue, fakes

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
API = "/api/v1"


@dataclass
class World:
    """The gateway among faked services, with a clock that the test sets."""

    settings: Settings
    now: datetime = NOW
    ticks: float = 1000.0
    things: list[dict[str, Any]] = field(default_factory=list)
    places: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.registration = fakes.FakeRegistration(
            who=fakes.who,
            me=fakes.who,
            places=lambda cursor, **_: {"items": self.places, "next": None},
            own_booking={"booking": None},
            session_answers={"items": [], "next": None},
            interest_in_programmes={"items": []},
            roles={"items": [], "next": None},
            health=fakes.HEALTH,
        )
        self.catalogue = fakes.FakeService(
            snapshot=lambda cursor, **_: {"items": self.things, "next": None},
            health=fakes.HEALTH,
            broken_links={"items": [], "next": None, "total": 0, "checked": 0},
        )
        self.notifications = fakes.FakeService(
            health=fakes.HEALTH, mail_way={"way": "file", "where": "/var/mail", "sender": "Headrow <h@localhost>"}
        )
        self.community = fakes.FakeService(
            health=fakes.HEALTH,
            membership={"member": False},
            check_member=lambda caller, **_: None if caller["id"] == fakes.BEN else fakes.refused("not-a-member"),
            check_may_join=None,
            own_tables={"items": []},
            reports_waiting={"open": 0},
            parked={"total": 0, "items": []},
        )
        self.model = ReadModel()
        self.application = Application(self.settings, SITE, self.model, lambda: self.now, lambda: self.ticks)
        self.client = Client(self.wsgi)

    def wsgi(self, environ: dict[str, Any], start_response: Any) -> Any:
        environ["wsgi.input_terminated"] = True
        environ.setdefault("REMOTE_ADDR", "192.0.2.1")
        services = Services(self.registration, self.catalogue, self.notifications, self.community)
        return self.application.answer(Request(environ), services)(environ, start_response)

    def tell(self, kind: str, data: dict[str, Any]) -> None:
        """Have the catalogue announce something."""
        item = catalogue.told(kind, data)
        self.model.hear(item["type"], item["subject"], item["version"], item["data"], self.now)

    def tell_places(self, *rows: dict[str, Any]) -> None:
        """Have registration announce places."""
        self.model.hear("registration.places_changed.v1", "places", 1, {"changed": list(rows)}, self.now)

    def take_snapshot(self) -> None:
        snapshot.take(self.model, self.catalogue, self.registration)

    def get(self, path: str, token: str | None = None, **headers: str) -> TestResponse:
        return self.ask("GET", path, token, **headers)

    def ask(self, method: str, path: str, token: str | None = None, json: Any = None, **headers: str) -> TestResponse:
        """Ask the API. `headers` in Python's spelling."""
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        if token:
            given["Authorization"] = f"Bearer {token}"
        path = path if path.startswith(("/api/", "/health", "/metrics")) else API + path
        return self.client.open(path, method=method, headers=given, json=json)


@pytest.fixture
def settings() -> Settings:
    return Settings(secret_key="k" * 32, public_url="https://headrow.example", limits=False)


@pytest.fixture
def world(settings) -> World:
    """Everything published once, and read."""
    world = World(settings)
    world.things = [
        catalogue.told("city", catalogue.city()),
        catalogue.told("speakers", catalogue.speaker()),
        catalogue.told("programmes", catalogue.programme()),
        catalogue.told("sessions", catalogue.session()),
        catalogue.told("materials", catalogue.material()),
    ]
    world.places = [catalogue.places()]
    world.take_snapshot()
    return world


@pytest.fixture
def asha(world):
    """The gateway, seen by somebody who is signed in and has a place; there is another session with places."""
    world.registration.answers.update(
        booking=fakes.booking(),
        move=fakes.booking(),
        feedback_forms={"items": [], "pledges": []},
        forms_of_booking=fakes.NO_FORMS,
        bookings=fakes.page_of(fakes.booking()),
    )
    world.client.set_cookie("headrow_session", "person-token")
    other = catalogue.session("trust", "2027-03-04T14:00:00+00:00", title="Trust")
    world.tell("sessions", other)
    return world
