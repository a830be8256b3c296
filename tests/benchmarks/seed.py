"""What a site holds before it is measured: a thousand sessions, one that everybody wants, and people with tokens."""

import uuid
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select

from services.bus import clock, health
from services.bus.database import Transactions
from services.catalogue.importing import import_programme
from services.notifications.models import Person as KnownPerson
from services.notifications.models import Session as KnownSession
from services.registration import people
from services.registration.models import Person, Session
from tests.benchmarks.processes import Site

SESSIONS = 1000
HOT = "that-everybody-wants"
SECTOR = "social_care"


def slug_of(number: int) -> str:
    """Return the slug of a session, counted from 0."""
    return f"session-{number:04d}"


def programme() -> dict[str, Any]:
    """Return a programme file with all the sessions, each with places enough."""
    start = (clock.now() + timedelta(days=60)).replace(microsecond=0)
    sessions = [session(slug_of(n), start + timedelta(hours=n), 1000) for n in range(SESSIONS)]
    hot = {**_programme("wanted"), "sessions": [session(HOT, start - timedelta(days=1), 100_000)]}
    return {
        "city": {"name": "Leeds", "workforce": 57000, "time_zone": "Europe/London"},
        "sectors": [{"code": SECTOR, "name": "Social care", "workforce": 22500}],
        "topics": ["system-leadership"],
        "speakers": [{"slug": "myron-rogers", "name": "Myron Rogers", "bio": "Speaks on living systems."}],
        "programmes": [{**_programme("many"), "sessions": sessions}, hot],
    }


def _programme(slug: str) -> dict[str, Any]:
    return {
        "slug": slug,
        "title": f"Programme {slug}",
        "format": "series",
        "summary": "Short sessions on one theme each.",
        "audience": "Everyone in health and care.",
        "outcomes": ["One idea to take back to work"],
        "topics": ["system-leadership"],
    }


def session(slug: str, start: datetime, places: int) -> dict[str, Any]:
    """Return a session as a programme file has it."""
    return {
        "slug": slug,
        "title": f"A morning on {slug}",
        "summary": "Ninety minutes to reconnect with systems thinking.",
        "topics": ["system-leadership"],
        "speakers": ["myron-rogers"],
        "delivery": "virtual",
        "join_url": f"https://example.org/meet/{slug}",
        "meetings": [{"starts_at": start.isoformat(), "ends_at": (start + timedelta(hours=2)).isoformat()}],
        "places_in_room": 0,
        "places_online": places,
        "waiting_list": "automatic",
    }


def add_sessions(site: Site) -> None:
    """Import the sessions; the catalogue tells the others once it runs."""
    site.databases["catalogue"].run(lambda db: import_programme(db, programme(), clock.now()))


def add_people(site: Site, number: int) -> list[str]:
    """Make accounts that can book, in registration and in what notifications knows of it; return their tokens."""
    made = [_person(n) for n in range(number)]
    tokens = _sign_in(site.databases["registration"], made)
    with site.databases["notifications"].begin() as db:
        db.add_all([KnownPerson(id=p.id, version=1, email=p.email, name=p.name) for p in made])
    return tokens


def _person(number: int) -> Person:
    return Person(
        id=str(uuid.uuid4()),
        email=f"person.{number}@example.org",
        name=f"Person {number}",
        sector=SECTOR,
        granted=[],
        created_at=clock.now(),
        version=1,
    )


def _sign_in(registration: Transactions, made: list[Person]) -> list[str]:
    with registration.begin() as db:
        db.add_all(made)
        db.flush()
        return [people.issue_token(db, person, clock.now())[0] for person in made]


def wait_until_known(site: Site) -> None:
    """Wait until every service knows every session, and all is quiet."""
    site.wait_until("telling of the sessions", lambda: _everybody_knows(site) and is_quiet(site), within=180)


def _everybody_knows(site: Site) -> bool:
    for service, model in (("registration", Session), ("notifications", KnownSession)):
        with site.databases[service].begin() as db:
            if db.scalar(select(func.count()).select_from(model)) != SESSIONS + 1:
                return False
    return True


def is_quiet(site: Site) -> bool:
    """Tell whether no service has an event to publish or to handle."""
    for transactions in site.databases.values():
        with transactions.begin() as db:
            report = health.report(db)
        if report["outbox"]["waiting"] or report["inbox"]["waiting"]:
            return False
    return True
