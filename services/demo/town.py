"""The people of the demonstration, and what any of them may do: book, give a place up, be found by name."""

import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session as OrmSession

from services.demo.cast import CAST, NEEDS, Named
from services.demo.stage import Stage
from services.notifications import preferences
from services.registration.accounts import people, roles
from services.registration.models import Booking, Person
from services.registration.places import bookings
from services.registration.population import populate
from services.runtime.database import Transactions
from services.runtime.schemas import CITY

SEED = 20
POPULATION = 180
WANT_REMINDERS = 0.1  # of the made-up people: the others get one message a booking, and not seven
UNWANTED = ("reminders", "follow_ups", "materials")
A_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Beat:
    """Something that happens at a moment."""

    at: datetime
    do: Callable[[], object]


class Town:
    """The city on a stage, with its programme as it is seen on the day of `now`. The same day has the same people."""

    def __init__(self, stage: Stage, programme: dict[str, Any], now: datetime) -> None:
        self.stage = stage
        self.programme = programme
        self.now = now
        self.today = now.astimezone(CITY).date()
        self.chance = random.Random(SEED)
        self.sessions = {session["slug"]: session for part in programme["programmes"] for session in part["sessions"]}
        self.strangers: list[str] = []  # ids of made-up people
        self.ids: dict[Named, str] = {}
        self._eager: dict[str, float] = {}  # how likely a stranger is to book

    def database(self, service: str) -> Transactions:
        """Return a service's database."""
        return self.stage.databases[service]

    def come_to_live_here(self) -> None:
        """Have everyone register, and say which messages they can do without."""
        now = self.stage.now()
        with self.database("registration").begin() as db:
            self.ids = {named: _account(db, named, now) for named in CAST}
        self.strangers = populate(self.database("registration"), POPULATION, now, SEED)
        self._eager = self._weights()
        self.stage.carry_events()
        with self.database("notifications").begin() as db:
            for person in self.strangers:
                if self.chance.random() > WANT_REMINDERS:
                    preferences.choose(db, person, dict.fromkeys(UNWANTED, False), now)

    def book(self, slug: str, number: int, *, needs: int = 0, **wanted: Any) -> None:
        """Have so many strangers book; some have access needs."""
        with self.database("registration").begin() as db:
            for n in range(number):
                said = self.chance.choice(NEEDS) if n < needs else None
                bookings.book(db, self.stranger(db, slug), self.stage.now(), slug, access_needs=said, **wanted)

    def book_as(self, named: Named, slug: str, **wanted: Any) -> None:
        """Have one of the cast book."""
        with self.database("registration").begin() as db:
            bookings.book(db, self.person(db, named), self.stage.now(), slug, **wanted)

    def cancel(self, slug: str, whose: Sequence[str], mode: str = "online", number: int = 1) -> None:
        """Have some of these people give up the places that they have."""
        with self.database("registration").begin() as db:
            theirs = [one for one in confirmed(db, slug) if one.person_id in whose and one.mode == mode]
            for booking in self.chance.sample(theirs, number):
                bookings.cancel(db, db.get_one(Person, booking.person_id), booking.reference, self.stage.now())

    def stranger(self, db: OrmSession, slug: str) -> Person:
        """Return someone who has not booked this session."""
        there = set(db.scalars(select(Booking.person_id).where(Booking.session_slug == slug)))
        others = [id for id in self.strangers if id not in there]
        return db.get_one(Person, self.chance.choices(others, [self._eager[id] for id in others])[0])

    def person(self, db: OrmSession, named: Named) -> Person:
        """Return the account of one of the cast."""
        return db.get_one(Person, self.ids[named])

    def caller(self, id: str) -> dict[str, Any]:
        """Return a person as services tell one another of them."""
        with self.database("registration").look() as db:
            person = db.get_one(Person, id)
        return {name: getattr(person, name) for name in ("id", "email", "name", "sector", "organisation", "roles")}

    def day_of(self, slug: str) -> date:
        """Return the day of a session's first meeting."""
        return datetime.fromisoformat(self.sessions[slug]["meetings"][0]["starts_at"]).date()

    def end_of(self, slug: str) -> datetime:
        """Return when a session is over."""
        return datetime.fromisoformat(self.sessions[slug]["meetings"][-1]["ends_at"]).replace(tzinfo=CITY)

    def days_ago(self, days: int, hour: int, minute: int = 0) -> datetime:
        """Return a time of day, so many days before the day of the demonstration, or on the Friday before that."""
        day = self.today - days * A_DAY
        return at(day - max(0, day.weekday() - 4) * A_DAY, hour, minute)

    def _weights(self) -> dict[str, float]:
        """Return how likely each stranger is to book: in a small sector word gets round, in a large one it does not."""
        with self.database("registration").look() as db:
            sectors = dict(db.execute(select(Person.id, Person.sector).where(Person.id.in_(self.strangers))).all())
        sizes = Counter(sectors.values())
        return {id: sizes[sectors[id]] ** -0.5 for id in self.strangers}


def at(day: date, hour: int, minute: int = 0) -> datetime:
    """Return a time of day in the city."""
    return datetime.combine(day, time(hour, minute), CITY)


def confirmed(db: OrmSession, slug: str) -> list[Booking]:
    """Return the bookings of those who have a place in a session, the earliest first."""
    theirs = select(Booking).where(Booking.session_slug == slug, Booking.state == "confirmed")
    return list(db.scalars(theirs.order_by(Booking.id)))


def _account(db: OrmSession, named: Named, now: datetime) -> str:
    person = people.ensure_account(db, named.email, now, named.name)
    said = {name: getattr(named, name) for name in ("sector", "organisation", "job_role")}
    people.change(db, person, person.version, said, now)
    if named.role:
        roles.give(db, person, named.role, now)
    db.flush()
    return person.id
