"""What follows a booking: how fast its event is published, and handled by each reader, by one process that is alone.

Bookings are made by registration's own rules, and then one service after the other is started and stopped.
"""

from collections import Counter
from collections.abc import Callable
from functools import partial

from sqlalchemy import func, select

from benchmarks import processes, seed
from benchmarks.processes import BESIDE, Reading, Site
from benchmarks.report import Table, figure
from services.bus.models import outbox
from services.community.models import Booking as CommunityBooking
from services.notifications.models import Message
from services.registration.models import Person
from services.registration.places import bookings
from services.runtime import clock

AMOUNTS = {"full": 4000, "quick": 600, "tiny": 40}  # bookings
WITHIN = 300.0  # seconds for all of them
AT_ONCE = 100  # bookings in a transaction
SERVERS = ("PostgreSQL", "RabbitMQ")


def measure(number: int) -> Table:
    """Make so many bookings, and have each service do its part in turn. Raises Broken."""
    title = f"What follows {number:,} bookings, each service by itself: ms of CPU for each"
    table = Table(title, "a second", "its own", "beside it", *SERVERS)
    with processes.standing_still(partial(_fill, number)) as site:
        for service, what, done in (
            ("registration", "published by the relay", _published),
            ("community", "handled by the community", _known),
            ("notifications", "handled and mailed by notifications", _mailed),
        ):
            with processes.alone(site, service):
                table.add(what, *_measured(site, service, partial(done, site), number))
            del site.processes[service]
    return table


def _measured(site: Site, service: str, done: Callable[[], int], number: int) -> list[str]:
    """Wait until so many are done, and return the figures of all but the first, before which the service starts."""
    site.wait_until(f"the first of {service}", lambda: done() > 0)
    before, first = site.read(), done()
    site.wait_until(f"the work of {service}", lambda: done() == number, within=WITHIN)
    return _figures(before, site.read(), service, max(1, number - first))


def _figures(before: Reading, after: Reading, service: str, number: int) -> list[str]:
    used: Counter[str] = after.processes - before.processes
    costs = [figure(used[name] * 1000 / number) for name in (service, f"{BESIDE} {service}", *SERVERS)]
    return [figure(number / (after.at - before.at)), *costs]


def _fill(number: int, site: Site) -> None:
    """Make the people and the sessions known to all, and book: what registration announces of that is in its outbox."""
    seed.add_sessions(site, seed.SESSIONS["full"] if number > AT_ONCE else seed.SESSIONS["tiny"])
    seed.add_people(site, number)
    registration, slugs = site.databases["registration"], seed.slugs_of(site)
    with registration.begin() as db:
        people = db.scalars(select(Person.id)).all()
    for start in range(0, number, AT_ONCE):
        with registration.begin() as db:
            for n, person in enumerate(people[start : start + AT_ONCE], start):
                bookings.book(db, db.get_one(Person, person), clock.now(), slugs[n % len(slugs)])


def _published(site: Site) -> int:
    with site.databases["registration"].begin() as db:
        of_bookings = outbox.c.type == "registration.booking_confirmed.v1"
        there = select(func.count()).select_from(outbox).where(of_bookings, outbox.c.published_at.is_not(None))
        return int(db.scalar(there) or 0)


def _known(site: Site) -> int:
    with site.databases["community"].begin() as db:
        return int(db.scalar(select(func.count()).select_from(CommunityBooking)) or 0)


def _mailed(site: Site) -> int:
    with site.databases["notifications"].begin() as db:
        return int(db.scalar(select(func.count()).select_from(Message).where(Message.state == "sent")) or 0)
