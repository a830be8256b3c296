"""A conversion of a full session: how soon the last person is told, and what bookings of other sessions feel of it."""

import json
import time
import urllib.error
import urllib.request
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import cycle

from sqlalchemy import func, select
from sqlalchemy.orm import Session as OrmSession

from benchmarks import load, processes, seed
from benchmarks.processes import Site
from benchmarks.report import Table, figure
from services.bus.models import outbox
from services.notifications.models import Message
from services.registration.accounts import people, roles, tokens
from services.registration.models import Person
from services.registration.places import bookings
from services.runtime import clock

EXPECTED_SECONDS = 3.0  # until the last person's event is published
CONNECTIONS = 8
HEAD_START = 0.2  # seconds, of the bookings of other sessions
VENUE = {"name": "Town Hall", "address": "The Headrow, Leeds", "access": "Step-free"}


@dataclass(frozen=True)
class Amount:
    """How many people have booked the session, and how many book others: before, and as many during it."""

    booked: int
    others: int


AMOUNTS = {"full": Amount(500, 600), "quick": Amount(500, 300), "tiny": Amount(5, 10)}


def measure(amount: Amount) -> Table:
    """Return how long a conversion takes, on PostgreSQL and RabbitMQ. Raises Broken."""
    title = f"A conversion of {amount.booked} bookings, while {CONNECTIONS} connections book other sessions"
    table = Table(title, "all told after", "answered after", "p99 ÷ before", "p99 during", "p99 before")
    tokens, team = list[str](), list[str]()

    def fill(site: Site) -> None:
        seed.add_sessions(site, seed.SESSIONS["tiny"])
        tokens.extend(seed.add_people(site, amount.booked + 2 * amount.others))
        site.databases["registration"].run(lambda db: _book(db, amount.booked))
        team.append(site.databases["registration"].run(_team))

    with processes.distributed(fill) as site:
        seed.wait_until_known(site)
        site.wait_until("mailing", lambda: _mailed(site) >= amount.booked, within=300)
        rest = tokens[amount.booked :]
        before = load.put_on(site.port, _requests(site, rest[: amount.others]), connections=CONNECTIONS)
        before.check()
        with ThreadPoolExecutor() as pool:
            beside = pool.submit(
                load.put_on, site.port, _requests(site, rest[amount.others :]), connections=CONNECTIONS
            )
            time.sleep(HEAD_START)
            began = time.monotonic()
            _convert(site, team[0], amount.booked)
            answered = time.monotonic() - began
            site.wait_until("telling of the conversion", lambda: _told(site) == amount.booked, within=120)
            told = time.monotonic() - began
            during = beside.result()
        during.check()
    table.add(
        "virtual to face to face",
        figure(told, " s", at_most=EXPECTED_SECONDS),
        figure(answered, " s"),
        figure(during.p99 / before.p99),
        figure(during.p99, " ms"),
        figure(before.p99, " ms"),
    )
    return table


def _book(db: OrmSession, number: int) -> None:
    for person in db.scalars(select(Person).limit(number)).all():
        bookings.book(db, person, clock.now(), seed.HOT)


def _team(db: OrmSession) -> str:
    person = people.ensure_account(db, "coordinator@example.org", clock.now())
    roles.give(db, person, "team", clock.now())
    return tokens.issue(db, person, clock.now())[0]


def _requests(site: Site, tokens: list[str]) -> list[str]:
    return [
        load.post(
            "/api/v1/bookings",
            {"session": slug, "mode": "online", "access_needs": None},
            Authorization=f"Bearer {token}",
            Idempotency_Key=str(uuid.uuid4()),
        )
        for token, slug in zip(tokens, cycle(seed.slugs_of(site)), strict=False)
    ]


def _convert(site: Site, token: str, places: int) -> None:
    wanted = {"delivery": "face_to_face", "venue": VENUE, "places_in_room": places, "places_online": 0}
    request = urllib.request.Request(
        f"http://127.0.0.1:{site.port}/api/v1/sessions/{seed.HOT}/convert",
        json.dumps(wanted).encode(),
        {"Content-Type": "application/json", "Authorization": f"Bearer {token}"},
    )
    try:
        with urllib.request.urlopen(request, timeout=60):
            pass
    except urllib.error.HTTPError as error:
        raise load.Broken(f"the conversion was answered {error.code}: {error.read()[:1000]!r}") from error


def _told(site: Site) -> int:
    """Return of how many bookings it is published that they were converted."""
    confirmed = outbox.c.type == "registration.booking_confirmed.v1", outbox.c.published_at.is_not(None)
    with site.databases["registration"].look() as db:
        said = db.scalars(select(outbox.c.envelope).where(*confirmed, outbox.c.envelope.is_not(None)))
        return sum(b"converted" in envelope for envelope in said)


def _mailed(site: Site) -> int:
    with site.databases["notifications"].look() as db:
        return int(db.scalar(select(func.count()).select_from(Message).where(Message.state == "sent")) or 0)
