"""What a site holds before it is measured: many sessions, one that all of them want, and people with tokens."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Table, delete, func, or_, select
from sqlalchemy.orm import Session as OrmSession

from benchmarks.load import Broken
from benchmarks.processes import Site
from services.bus.entrypoints import subscriptions, topology
from services.bus.envelope import Envelope
from services.bus.models import inbox, outbox
from services.catalogue.importing import import_programme
from services.headrow.names import SERVICES, service_class
from services.registration.accounts import tokens
from services.registration.models import Person
from services.registration.population import populate
from services.runtime import clock

SESSIONS = {"full": 1000, "quick": 1000, "tiny": 20}
HOT = "that-all-of-them-want"
ENOUGH = 100_000  # places
SECTOR = "social_care"
READS = topology(*map(service_class, SERVICES))
AT_ONCE = 500  # events in a transaction
ONCE_MORE = 2  # attempts: what came before its cause is handled at the second


def slug_of(number: int) -> str:
    """Return the slug of a session, counted from 0."""
    return f"session-{number:04d}"


def slugs_of(site: Site) -> list[str]:
    """Return the slugs of a site's sessions, but that of the one that all want."""
    return [slug_of(number) for number in range(site.sessions)]


def programme(number: int, hot: int) -> dict[str, Any]:
    """Return a programme file with so many sessions, each with places enough, and the one that all want, with `hot`."""
    start = (clock.now() + timedelta(days=60)).replace(microsecond=0)
    sessions = [session(slug_of(n), start + timedelta(hours=n), 1000) for n in range(number)]
    hot = {**_programme("wanted"), "sessions": [session(HOT, start - timedelta(days=1), hot)]}
    return {
        "city": {"name": "Leeds", "workforce": 57000},
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


def add_sessions(site: Site, number: int, hot: int = ENOUGH) -> None:
    """Import so many sessions, of which all services know; `hot` is how many places the one has that all want."""
    site.sessions = number
    site.databases["catalogue"].run(lambda db: import_programme(db, programme(number, hot), clock.now()))
    _tell_the_others(site, "catalogue")


def add_people(site: Site, number: int) -> list[str]:
    """Make people who can book, and tell all services of them; return their tokens. The sessions come first."""
    registration = site.databases["registration"]
    populate(registration, number, clock.now())
    _tell_the_others(site, "registration")
    return registration.run(_sign_in)


def _sign_in(db: OrmSession) -> list[str]:
    return [tokens.issue(db, person, clock.now())[0] for person in db.scalars(select(Person)).all()]


def _tell_the_others(site: Site, teller: str) -> None:
    """Hand what a service has announced to all that read it, as the bus would in far more time. Raises Broken."""
    with site.databases[teller].begin() as db:
        announced = db.scalars(select(outbox.c.envelope).order_by(outbox.c.position)).all()
        db.execute(delete(outbox))
    for reader in SERVICES:
        _have_handled(site, reader, [Envelope.from_json(envelope) for envelope in announced])


def _have_handled(site: Site, reader: str, events: Sequence[Envelope]) -> None:
    service = service_class(reader)()
    service.config = site.settings
    handlers = {type_: getattr(service, method) for method, types, _ in subscriptions(type(service)) for type_ in types}
    read = [event for event in events if event.type in handlers]
    for start in range(0, len(read), AT_ONCE):
        with site.databases[reader].begin() as db:
            for event in read[start : start + AT_ONCE]:
                if failure := handlers[event.type](db, event):
                    raise Broken(f"{reader} cannot handle {event.type}: {failure}") from failure


def wait_until_known(site: Site) -> None:
    """Wait until every service has done what it does when it starts."""
    site.wait_until("becoming quiet", lambda: is_quiet(site), within=180)


def is_quiet(site: Site) -> bool:
    """Tell whether every service has handled every event that it reads. Raises Broken where one does so in vain."""
    return not _is_busy(site) and _all_are_told(site)


def _is_busy(site: Site) -> bool:
    """Tell whether a service has something to publish or to handle."""
    for name, transactions in site.databases.items():
        with transactions.look() as db:
            _check_handling(name, db)
            unpublished = select(outbox.c.position).where(outbox.c.published_at.is_(None)).limit(1)
            waiting = select(inbox.c.position).where(inbox.c.state == "waiting").limit(1)
            if any(db.scalar(rows) is not None for rows in (unpublished, waiting)):
                return True
    return False


def _check_handling(service: str, db: OrmSession) -> None:
    """Raise Broken where an event was handled in vain so often that to wait for it is in vain, too."""
    often = (inbox.c.state == "waiting") & (inbox.c.attempts >= ONCE_MORE)
    in_vain = select(inbox.c.type, inbox.c.error).where(or_(inbox.c.state == "parked", often)).limit(1)
    for type_, error in db.execute(in_vain):
        raise Broken(f"{service} cannot handle {type_}: {error}")


def _all_are_told(site: Site) -> bool:
    """Tell whether as many events of each type were handled as were announced: some may be between outbox and inbox."""
    announced, handled = Counter[str](), {}
    for name, transactions in site.databases.items():
        with transactions.look() as db:
            announced.update(_by_type(db, outbox))
            handled[name] = _by_type(db, inbox)
    return all(handled[service][type_] == announced[type_] for service, types in READS.items() for type_ in types)


def _by_type(db: OrmSession, events: Table) -> Counter[str]:
    return Counter(dict(db.execute(select(events.c.type, func.count()).group_by(events.c.type)).tuples().all()))
