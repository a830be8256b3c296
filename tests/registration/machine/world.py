"""What the machine acts on: sessions and people in a database, a clock that it turns, and one attempt at a time."""

import itertools
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session as OrmSession

from services.bus import models as bus
from services.bus.envelope import Envelope
from services.registration.accounts import addresses
from services.registration.models import LIVE, Booking, Person, Sector, Session
from services.registration.places import filling, sessions
from services.registration.places.waiting_list import SHORTEST_OFFER
from services.runtime.refusals import Refusal
from tests.contracts.announced import faults_of
from tests.registration.conftest import NOW, state_of
from tests.registration.events import replayed

START = NOW + timedelta(days=9)
SECTORS = ("hospital", "citizen", "social_care")
SESSIONS = ("autumn", "spring", "talk")  # the first two are of one programme; the talk overlaps the first
PEOPLE = 9

people_ = st.integers(0, PEOPLE - 1)
slugs = st.sampled_from(SESSIONS)
any_booking = st.integers(0, 99)


@dataclass(frozen=True)
class Meeting:
    """A meeting of a session, under a name that only the machine knows it by."""

    name: int
    starts_at: datetime
    ends_at: datetime


class World(RuleBasedStateMachine):
    """Three small sessions, one of them on two days, and nine people. Each step is a transaction; all are undone."""

    engine: Engine
    steps = 0

    def __init__(self) -> None:
        super().__init__()
        self.connection = self.engine.connect()
        self.outer = self.connection.begin()
        self.db = OrmSession(
            self.connection, expire_on_commit=False, autoflush=False, join_transaction_mode="create_savepoint"
        )
        self.now = self.latest = NOW
        self.versions: Counter[str] = Counter()
        self.told: dict[str, dict[str, Any]] = {}
        self.gone: set[str] = set()
        self.handed_on: set[str] = set()  # the bookings whose place a colleague has now
        self.bookings_now: list[Booking] = []  # read once a step
        self.sessions_now: list[Session] = []
        self.before: dict[str, tuple[str, str, int | None]] = {}
        self.told_before: int | None = None  # the last event before the last attempt, if that tells everybody once
        self.acting: frozenset[str] = frozenset()  # what the next attempt is about: it stands in no line for that
        self.acted: frozenset[str] = frozenset()  # the same of the last attempt
        self.meetings: dict[str, list[Meeting]] = {slug: [] for slug in SESSIONS}
        self.names = itertools.count(1)
        try:
            self.populate()
        except BaseException:
            self.close()  # nobody else does, and the next machine would wait for the lock
            raise

    def populate(self) -> None:
        self.db.add_all(Sector(code=code, name=code, workforce=None) for code in SECTORS)
        self.db.flush()
        for n in range(PEOPLE):
            person = Person(email=f"p{n}@example.org", name=f"P{n}", sector=SECTORS[n % 3], granted=[], created_at=NOW)
            person.id, person.version = f"person-{n}", 1
            self.db.add(person)
        tess = Person(
            id="tess", email="t@example.org", name="T", sector=None, granted=["team"], created_at=NOW, version=1
        )
        self.db.add(tess)
        held = [{"sector": "citizen", "places": 1, "until": NOW + timedelta(days=2)}]
        for slug, hours in (("autumn", (0, 26)), ("spring", (48,)), ("talk", (1,))):
            self.meetings[slug] = [self.meeting(START + timedelta(hours=n)) for n in hours]
        self.tell("autumn", waiting_list="offer", places_in_room=2, held_places=held)
        self.tell("spring", places_in_room=1, places_online=1)
        self.tell("talk", programme="talks", places_in_room=0, places_online=2)
        self.db.commit()

    def teardown(self) -> None:
        try:
            self.how_a_session_filled_ends_at_how_full_it_is()
            self.check_what_was_told()
        finally:
            self.close()

    def close(self) -> None:
        self.db.close()
        self.outer.rollback()
        self.connection.close()

    def check_what_was_told(self) -> None:
        """Fail unless each change of a booking was told of once."""
        events = self.db.scalars(select(bus.outbox.c.envelope).order_by(bus.outbox.c.position)).all()
        versions: dict[str, list[int]] = {}
        for event in (Envelope.from_json(envelope) for envelope in events if envelope):
            if event.subject.startswith("bookings/"):
                versions.setdefault(event.subject, []).append(event.version)
        assert all(told == list(range(1, len(told) + 1)) for told in versions.values())
        for event in replayed(self.db):
            assert [fault for fault in faults_of(event.type, event.data) if "uuid" not in fault] == []  # person-1
            if event.subject.startswith("bookings/"):
                assert event.version == versions[event.subject][-1]

    def meeting(self, starts_at: datetime, hours: int = 3) -> Meeting:
        return Meeting(next(self.names), starts_at, starts_at + timedelta(hours=hours))

    def tell(self, slug: str, **changes: Any) -> None:
        """Have the catalogue tell of a session."""
        told = self.told.get(slug) or state_of(slug, START, hours=3)
        told["meetings"] = [{"starts_at": m.starts_at, "ends_at": m.ends_at} for m in self.meetings[slug]]
        self.versions[slug] += 1
        self.told[slug] = {**told, **changes, "version": self.versions[slug]}
        sessions.keep(self.db, self.told[slug], self.now)

    def attempt(self, work: Any, *args: Any, **named: Any) -> Any:
        """Do something in a transaction; a refusal undoes it, and is an answer like another."""
        type(self).steps += 1
        self.before = self.snapshot()
        self.told_before = self.db.scalar(select(func.max(bus.outbox.c.position))) or 0
        self.acting, self.acted = frozenset(), self.acting
        self.db.expire_all()
        self.bookings_now, self.sessions_now = [], []
        try:
            value = work(self.db, *args, **named)
            self.db.commit()
        except Refusal:
            self.db.rollback()
            return None
        return value

    def snapshot(self) -> dict[str, tuple[str, str, int | None]]:
        """Return where every booking is: session, state, number on the waiting list."""
        number = func.coalesce(Booking.waiting_number, Booking.changing_number)
        rows = self.db.execute(select(Booking.reference, Booking.session_slug, Booking.state, number)).all()
        return {reference: (slug, state, line) for reference, slug, state, line in rows}

    def person(self, n: int) -> Person:
        """Return somebody by their number; once two were merged, both are one."""
        return addresses.kept(self.db, self.db.get_one(Person, f"person-{n}"))

    def pick(self, n: int, *states: str) -> Booking | None:
        there = self.db.scalars(select(Booking).where(Booking.state.in_(states)).order_by(Booking.id)).all()
        return there[n % len(there)] if there else None

    @property
    def tess(self) -> Person:
        """Who is of the team."""
        return self.db.get_one(Person, "tess")

    def owner(self, booking: Booking) -> Person:
        return self.db.get_one(Person, booking.person_id)

    def of(self, booking: Booking) -> Session:
        return self.db.get_one(Session, booking.session_slug)

    def how_a_session_filled_ends_at_how_full_it_is(self) -> None:
        for told in filling.fillings(self.db, SESSIONS)["items"]:
            theirs = Counter(b.state for b in self.bookings() if b.session_slug == told["session"])
            last = told["days"][-1] if told["days"] else {}
            assert [last.get(state, 0) for state in LIVE] == [theirs[state] for state in LIVE]
            assert all(day[state] >= 0 for day in told["days"] for state in LIVE)
            assert told["over"] == sum(b.extra for b in self.bookings() if b.session_slug == told["session"])

    def there(self) -> list[Session]:
        self.sessions_now = self.sessions_now or list(self.db.scalars(select(Session)))
        return self.sessions_now

    def bookings(self) -> list[Booking]:
        self.bookings_now = self.bookings_now or list(self.db.scalars(select(Booking).order_by(Booking.id)))
        return self.bookings_now

    def passes_on(self, session: Session) -> bool:
        """What came free when it was too late to pass it on stays with whoever books, if the clock then steps back."""
        if session.status != "published" or self.latest >= session.starts_at or session.by_application:
            return False
        return session.waiting_list != "offer" or session.starts_at - self.latest > SHORTEST_OFFER
