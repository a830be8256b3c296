"""A catalogue to ask, as the bus asks it: JSON in, JSON out, one transaction a call."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from services.bus.envelope import Envelope
from services.bus.models import metadata as bus_tables
from services.bus.models import outbox
from services.catalogue import programmes, schemas, speakers
from services.catalogue.models import Base, City, Programme, Sector, Speaker
from services.catalogue.service import Catalogue
from services.runtime import clock
from services.runtime.database import Transactions
from services.runtime.schemas import load
from tests.bus.vouched import VERIFIER, vouched
from tests.catalogue import given
from tests.contracts.announced import check_outbox

TEAM = {"id": "the-team", "roles": ["person", "team"]}


class World:
    """One catalogue, what it answers, and what it announces."""

    def __init__(self, transactions: Transactions) -> None:
        self.transactions = transactions
        self.service = Catalogue()
        self.service.database = transactions
        self.service.verifier = VERIFIER
        self._heard = 0

    def ask(self, method: str, **request: Any) -> Any:
        """Return the answer as JSON. Raises the refusal."""
        asks = {"caller": TEAM, **request}
        reply = getattr(self.service, method)(**{**asks, "caller": asks["caller"] and vouched(asks["caller"])})
        if reply.refusal:
            raise reply.refusal
        return json.loads(json.dumps(reply.value))

    def snapshot(self) -> list[dict[str, Any]]:
        """Every item of the snapshot, asked for page by page."""
        items, cursor = [], None
        while True:
            page = self.ask("snapshot", cursor=cursor)
            items += page["items"]
            cursor = page["next"]
            if cursor is None:
                return items

    def outbox(self) -> list[Envelope]:
        """All that was ever announced."""
        with self.transactions.begin() as db:
            rows = db.scalars(select(outbox.c.envelope).order_by(outbox.c.position))
            return [Envelope.from_json(row) for row in rows]

    def announced(self) -> list[Envelope]:
        """What was announced since the last time that this was asked."""
        events = self.outbox()
        fresh, self._heard = events[self._heard :], len(events)
        return fresh

    def told(self) -> list[str]:
        """The same, each as its type's middle and its subject: `session_changed sessions/talk`."""
        return [f"{event.type.split('.')[1]} {event.subject}" for event in self.announced()]


@pytest.fixture
def empty(make_engine) -> Iterator[World]:
    """A catalogue with nothing in it; the clock starts at `given.NOW`."""
    transactions = Transactions(make_engine(Base.metadata, bus_tables))
    clock.start_at(given.NOW)
    yield World(transactions)
    clock.run_shifted(timedelta())
    with transactions.begin() as db:
        check_outbox(db)


@pytest.fixture
def catalogue(empty: World) -> World:
    """A programme, a speaker and two sectors, that nobody needs to be told of any more."""
    sectors = [Sector(code="social_care", name="Social care"), Sector(code="citizen", name="Citizens")]
    with empty.transactions.begin() as db:
        programmes.assign(db, programme := Programme(slug="series"), load(schemas.NewProgramme(), given.a_programme()))
        speakers.assign(speaker := Speaker(slug="ada"), load(schemas.NewSpeaker(), given.a_speaker()))
        city = City(name="Leeds", time_zone="Europe/London")
        for position, sector in enumerate(sectors):
            sector.position = position
        city.sectors = sectors
        db.add_all([programme, speaker, city])
    return empty


@pytest.fixture
def published(catalogue: World) -> World:
    """The same, with one published session, `talk`, led by `ada`."""
    catalogue.ask("create_session", given=given.a_virtual_session(speakers=["ada"], topics=["care"]))
    catalogue.ask("publish_session", slug="talk")
    catalogue.announced()
    return catalogue
