"""The smallest world in which somebody can book."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session as OrmSession

from services.bus import models as bus
from services.registration.models import Base, Person, Sector, Session
from services.registration.places import sessions
from tests.contracts.announced import check_outbox

NOW = datetime(2027, 1, 12, 8, 0, tzinfo=UTC)
START = datetime(2027, 3, 9, 9, 30, tzinfo=UTC)


@pytest.fixture
def db(make_engine: Callable[..., Any]) -> Iterator[OrmSession]:
    engine = make_engine(Base.metadata, bus.metadata)
    with OrmSession(engine, expire_on_commit=False, autoflush=False) as db:
        db.add(Sector(code="hospital", name="Hospitals", workforce=16500))
        db.add(Sector(code="citizen", name="Citizens", workforce=None))
        db.flush()
        yield db
        check_outbox(db)


def state_of(slug: str, starts_at: datetime, hours: int, **said: Any) -> dict[str, Any]:
    """Return what the catalogue tells of a session that meets once, with what is `said` of it in particular."""
    return {
        "slug": slug,
        "title": slug,
        "programme": "slp",
        "topics": [],
        "meetings": [{"starts_at": starts_at, "ends_at": starts_at + timedelta(hours=hours)}],
        "status": "published",
        "cancel_reason": None,
        "join_url": None,
        "waiting_list": "automatic",
        "places_in_room": 2,
        "places_online": 0,
        "booking_opens_at": None,
        "by_application": False,
        "applications_until": None,
        "held_places": [],
        "travel_minutes": 0,
        "hand_on": "if_nobody_waits",
        "cancel_days": None,
        "version": 1,
        **said,
    }


@pytest.fixture
def told(db: OrmSession) -> Callable[..., Session]:
    """Have the catalogue tell of a session: `told("slug", places_in_room=1)`; again with what changed."""
    versions: dict[str, int] = {}

    def tell(slug: str = "march", now: datetime = NOW, **changes: Any) -> Session:
        versions[slug] = versions.get(slug, 0) + 1
        state = state_of(slug, START, hours=7, title="March cohort", join_url="https://example.org/meet")
        sessions.keep(db, {**state, "version": versions[slug], **changes}, now)
        return Session.locked(db, slug)

    return tell


@pytest.fixture
def person(db: OrmSession) -> Callable[..., Person]:
    """Make a person who can book: `person("amina")`."""

    def make(who: str = "amina", **fields: Any) -> Person:
        given = {"email": f"{who}@example.org", "name": who.title(), "sector": "hospital", "granted": []}
        made = Person(**{**given, **fields}, created_at=NOW, version=1)
        db.add(made)
        db.flush()
        return made

    return make
