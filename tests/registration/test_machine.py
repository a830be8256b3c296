"""Whatever people, the team, the catalogue and the clock do, in whatever order: after each step the rules hold.

Hypothesis makes up the steps, on the real code and database, and shrinks what breaks a rule to the shortest way there.
"""

import itertools
from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session as OrmSession

from services.bus import models as bus
from services.bus.envelope import Envelope
from services.registration import moves, my_data
from services.registration.models import LIVE, MODES, Base, Booking, Change, Person, Sector, Session, other_mode
from services.registration.places import bookings, figures, filling, sessions, waiting_list
from services.registration.places.clashes import is_free
from services.registration.places.position import position_of, waiting_for
from services.registration.places.waiting_list import SHORTEST_OFFER
from services.runtime.refusals import Refusal
from tests.contracts.announced import faults_of
from tests.examples import examples
from tests.registration.conftest import NOW, state_of
from tests.registration.events import replayed

START = NOW + timedelta(days=9)
SECTORS = ("hospital", "citizen", "social_care")
SESSIONS = ("autumn", "spring", "talk")  # the first two are of one programme; the talk overlaps the first
PEOPLE = 9

people_ = st.integers(0, PEOPLE - 1)
slugs = st.sampled_from(SESSIONS)
any_booking = st.integers(0, 99)


class Places(RuleBasedStateMachine):
    """Three small sessions and nine people. Each step is a transaction of its own; all are undone at the end."""

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
        self.bookings_now: list[Booking] = []  # read once a step
        self.sessions_now: list[Session] = []
        self.before: dict[str, tuple[str, str, int | None]] = {}
        self.versions_before: dict[str, int] = {}
        self.acting: str | None = None  # whose booking the next attempt is about, which stands in no line for it
        self.acted: str | None = None  # the same of the last attempt
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
        self.tell("autumn", waiting_list="offer", places_in_room=2, held_places=held)
        self.tell("spring", places_in_room=1, places_online=1, starts_at=START + timedelta(days=2))
        self.tell("talk", programme="talks", places_in_room=0, places_online=2, starts_at=START + timedelta(hours=1))
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

    def tell(self, slug: str, starts_at: datetime | None = None, **changes: Any) -> None:
        """Have the catalogue tell of a session."""
        told = self.told.get(slug) or state_of(slug, START, hours=3)
        if starts_at:
            told["meetings"] = [{"starts_at": starts_at, "ends_at": starts_at + timedelta(hours=3)}]
        self.versions[slug] += 1
        self.told[slug] = {**told, **changes, "version": self.versions[slug]}
        sessions.keep(self.db, self.told[slug], self.now)

    def attempt(self, work: Any, *args: Any, **named: Any) -> Any:
        """Do something in a transaction; a refusal undoes it, and is an answer like another."""
        type(self).steps += 1
        self.before = self.snapshot()
        self.versions_before = dict(tuple(row) for row in self.db.execute(select(Booking.reference, Booking.version)))
        self.acting, self.acted = None, self.acting
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
        """Return where every booking is: session, state, place on the waiting list."""
        rows = self.db.execute(
            select(Booking.reference, Booking.session_slug, Booking.state, Booking.waiting_number)
        ).all()
        return {reference: (slug, state, line) for reference, slug, state, line in rows}

    def person(self, n: int) -> Person:
        return self.db.get_one(Person, f"person-{n}")

    def pick(self, n: int, *states: str) -> Booking | None:
        there = self.db.scalars(select(Booking).where(Booking.state.in_(states)).order_by(Booking.id)).all()
        return there[n % len(there)] if there else None

    def owner(self, booking: Booking) -> Person:
        return self.db.get_one(Person, booking.person_id)

    # What may happen

    @initialize(
        crowds=st.fixed_dictionaries(
            {slug: st.lists(people_, unique=True, min_size=3, max_size=5) for slug in SESSIONS}
        )
    )
    def some_have_booked(self, crowds: dict[str, list[int]]) -> None:
        for slug, crowd in crowds.items():
            for who in crowd:
                self.book(who, slug, "online" if who % 2 else "in_room", who % 4 == 0, "wait", True)

    @rule(
        who=people_,
        slug=slugs,
        mode=st.sampled_from(MODES),
        either=st.booleans(),
        if_full=st.sampled_from(("wait", "wait", "wait", "refuse")),
        clash=st.sampled_from((True, True, False)),
    )
    def book(self, who: int, slug: str, mode: str, either: bool, if_full: str, clash: bool) -> None:
        session = self.db.get_one(Session, slug)
        wanted = mode if session.has("in_room") and session.has("online") else None
        said = {"mode": wanted, "either": either, "if_full": if_full, "allow_clash": clash}
        could = self.is_promised(session, self.person(who).sector, MODES if either or not wanted else (wanted,))
        booked = self.attempt(bookings.book, self.person(who), self.now, slug, **said)
        if booked and (could or self.passes_on(session)):
            assert (booked["state"] == "confirmed") == could

    def is_promised(self, session: Session, sector: str | None, modes: tuple[str, ...]) -> bool:
        """Tell whether what everybody is told of the places promises one to somebody of that sector."""
        told = figures.of_session(session, self.now)
        held_in = "in_room" if session.capacity_in_room else "online"
        return any(told["open"][0][mode] for mode in modes) or bool(told["held"].get(sector) and held_in in modes)

    @rule(who=people_, slug=slugs, extra=st.booleans())
    def book_for(self, who: int, slug: str, extra: bool) -> None:
        tess, email = self.db.get_one(Person, "tess"), f"p{who}@example.org"
        said = {"over_capacity": extra, "reason": "She speaks." if extra else None}
        self.attempt(bookings.book_for, tess, self.now, slug, email, **said)

    @rule(n=any_booking)
    def cancel(self, n: int) -> None:
        if booking := self.pick(n, *LIVE, "cancelled"):
            self.attempt(bookings.cancel, self.owner(booking), booking.reference, self.now)

    @rule(n=any_booking, yes=st.booleans())
    def answer_an_offer(self, n: int, yes: bool) -> None:
        if booking := self.pick(n, "offered"):
            answer, kept = bookings.accept if yes else bookings.decline, (booking.waits_for, booking.changing_number)
            if self.attempt(answer, self.owner(booking), booking.reference, self.now) and not yes and kept[0]:
                said_no = booking.state == "waiting" and (booking.mode, booking.waiting_number) == kept
                assert said_no or booking.state != "waiting", "a no to the other mode costs nothing"

    @rule(n=any_booking, anywhere=st.sampled_from((None, None, *SESSIONS)), clash=st.sampled_from((True, True, False)))
    def move(self, n: int, anywhere: str | None, clash: bool) -> None:
        if booking := self.pick(n, *LIVE):
            self.acting = booking.reference
            slug = anywhere or ("spring" if booking.session_slug == "autumn" else "autumn")
            self.attempt(moves.move, self.owner(booking), booking.reference, self.now, slug, allow_clash=clash)

    @rule(n=any_booking, mode=st.sampled_from(MODES), clash=st.sampled_from((True, True, False)))
    def change_mode(self, n: int, mode: str, clash: bool) -> None:
        if booking := self.pick(n, *LIVE):
            self.acting = booking.reference
            free = self.db.get_one(Session, booking.session_slug).free_for(mode, booking.sector, self.now) > 0
            had = (booking.state, booking.mode)
            changed = self.attempt(
                moves.move, self.owner(booking), booking.reference, self.now, None, mode, allow_clash=clash
            )
            if changed and had[1] != mode and had[0] == "confirmed":
                assert changed["state"] == "confirmed", "nobody loses the place that they have"
                assert (changed["mode"] == mode) == free
                assert free or changed["waiting_for"]["mode"] == mode

    @rule(slug=slugs, in_room=st.integers(0, 4), online=st.integers(0, 3))
    def change_capacity(self, slug: str, in_room: int, online: int) -> None:
        session = self.db.get_one(Session, slug)
        had = {mode: session.capacity(mode) for mode in MODES}
        self.attempt(lambda _: self.tell(slug, places_in_room=in_room, places_online=online))
        for mode in MODES:
            if session.capacity(mode) > had[mode] and session.left(mode) > 0:
                assert not getattr(session, f"extra_{mode}"), "places that are added take in those beyond them first"

    @rule(slug=slugs, kind=st.sampled_from(("offer", "automatic", "none")))
    def change_the_line(self, slug: str, kind: str) -> None:
        self.attempt(lambda _: self.tell(slug, waiting_list=kind))

    @rule(
        slug=slugs,
        held=st.dictionaries(st.sampled_from(SECTORS), st.tuples(st.integers(1, 2), st.integers(1, 200)), max_size=2),
    )
    def change_what_is_held(self, slug: str, held: dict[str, tuple[int, int]]) -> None:
        told = [
            {"sector": sector, "places": places, "until": self.now + timedelta(hours=hours)}
            for sector, (places, hours) in held.items()
        ]
        self.attempt(lambda _: self.tell(slug, held_places=told))

    @precondition(lambda self: any(told["status"] == "published" for told in self.told.values()))
    @rule(slug=slugs, sure=st.integers(0, 9))
    def call_off(self, slug: str, sure: int) -> None:
        if sure == 0:
            self.attempt(lambda _: self.tell(slug, status="cancelled", cancel_reason="Nobody can come."))

    @precondition(lambda self: any(told["status"] == "cancelled" for told in self.told.values()))
    @rule(slug=slugs)
    def call_back(self, slug: str) -> None:
        remembered = select(Booking.reference).where(Booking.before_cancellation.is_not(None))
        self.gone -= set(self.db.scalars(remembered.where(Booking.session_slug == slug)))
        self.attempt(lambda _: self.tell(slug, status="published", cancel_reason=None))

    @rule(who=people_, sure=st.integers(0, 9))
    def erase(self, who: int, sure: int) -> None:
        if sure == 0 and self.person(who).email is not None:
            self.attempt(my_data.erase, self.person(who), self.now)

    @rule(minutes=st.one_of(st.integers(-90, 90), st.integers(60, 3 * 24 * 60)))
    def time_passes(self, minutes: int) -> None:
        """The clock may also step back a little, as clocks do when they are set right."""
        self.now += timedelta(minutes=minutes)
        self.run_timers()

    @rule(slug=slugs, hours=st.integers(1, 12))
    def a_session_draws_near(self, slug: str, hours: int) -> None:
        self.now = max(self.now, self.db.get_one(Session, slug).starts_at - timedelta(hours=hours))
        self.run_timers()

    def run_timers(self) -> None:
        self.latest = max(self.latest, self.now)
        self.attempt(lambda db: (waiting_list.pass_on_expired(db, self.now), waiting_list.release_held(db, self.now)))
        self.versions_before = {}  # several offers may have run out, one after the other

    # What holds after each step

    @invariant()
    def the_counters_count_what_is_there_and_nothing_is_overbooked(self) -> None:
        for session in self.there():
            theirs = [booking for booking in self.bookings() if booking.session_slug == session.slug]
            for mode in MODES:
                of_mode = [booking for booking in theirs if booking.mode == mode]
                placed = [b for b in of_mode if b.state in ("confirmed", "offered") and not b.extra]
                waiting = [b for b in of_mode if b.state == "waiting"]
                assert session.taken(mode) == len(placed) <= session.capacity(mode)
                assert session.waiting(mode) == len(waiting)
                assert getattr(session, f"extra_{mode}") == sum(b.extra for b in of_mode)
                assert getattr(session, f"either_{mode}") == sum(b.either for b in waiting)
                changing = [b for b in theirs if b.state == "confirmed" and b.waits_for == mode]
                assert session.changing(mode) == len(changing)
                counted = {sector: n for sector, n in session.taken_by_sector.get(mode, {}).items() if n}
                assert counted == Counter(b.sector for b in placed if b.sector)
                if not session.has_either and session.has(mode):
                    positions = [position_of(self.db, b) or 0 for b in waiting]
                    positions += [(waiting_for(self.db, b, session) or {"position": 0})["position"] for b in changing]
                    assert sorted(positions) == list(range(1, len(positions) + 1))

    @invariant()
    def nobody_has_two_live_bookings_for_a_session(self) -> None:
        live = Counter((booking.person_id, booking.session_slug) for booking in self.bookings() if booking.live)
        assert all(number == 1 for number in live.values())

    @invariant()
    def nobody_waits_for_a_place_that_they_could_have(self) -> None:
        for session in self.there():
            if self.passes_on(session):
                for booking in self.bookings():
                    if booking.session_slug == session.slug and booking.state == "waiting":
                        for mode in MODES if booking.either else (booking.mode,):
                            assert self.is_full_for(session, mode, booking) or self.would_clash(session, booking)
                        asked = booking.either or booking.chose_mode or self.is_too_late_to_ask(session)
                        assert asked or self.is_full_for(session, other_mode(booking.mode), booking)
                    elif booking.session_slug == session.slug and booking.state == "confirmed" and booking.waits_for:
                        assert self.is_full_for(session, booking.waits_for, booking)

    def is_full_for(self, session: Session, mode: str, booking: Booking) -> bool:
        return session.free_for(mode, booking.sector, self.now) <= 0

    def would_clash(self, session: Session, booking: Booking) -> bool:
        """Nobody is confirmed into a clash without being asked, and in the last hours nobody is asked."""
        late = self.is_too_late_to_ask(session)
        return late and not booking.allow_clash and not is_free(self.db, booking, session)

    def is_too_late_to_ask(self, session: Session) -> bool:
        return session.starts_at - self.latest <= SHORTEST_OFFER

    @invariant()
    def nobody_gets_a_place_before_somebody_like_them_who_stood_before_them(self) -> None:
        after = {booking.reference: booking for booking in self.bookings()}
        for reference, (slug, state, line) in self.before.items():
            served = after[reference]
            if state != "waiting" or served.state not in ("confirmed", "offered") or reference == self.acted:
                continue
            for other, (slug_before, state_before, line_before) in self.before.items():
                still = after[other]
                if (slug_before, state_before) == (slug, "waiting") and still.state == "waiting" and line_before < line:
                    other_wish = still.mode != served.mode and not still.either
                    assert still.sector != served.sector or other_wish or self.would_clash(self.of(still), still)

    @invariant()
    def who_has_a_place_and_loses_it_has_no_other_to_have(self) -> None:
        """But for whoever it is about, who may have given it up."""
        if self.acting is None:
            for booking in self.bookings():
                slug, before, _ = self.before.get(booking.reference, ("", "", None))
                if before == "confirmed" and booking.state == "waiting":
                    assert all(self.of(booking).left(mode) <= 0 for mode in MODES), slug

    @invariant()
    def nobody_is_confirmed_into_a_clash_without_being_asked(self) -> None:
        if self.acting is None:
            for booking in self.bookings():
                _, before, _ = self.before.get(booking.reference, ("", "", None))
                if before in ("waiting", "cancelled") and booking.state == "confirmed" and not booking.allow_clash:
                    assert is_free(self.db, booking, self.of(booking)) or booking.reference == self.acted

    @invariant()
    def whatever_is_done_everybody_is_told_once(self) -> None:
        if self.versions_before:
            told = [b.version - self.versions_before.get(b.reference, b.version) for b in self.bookings()]
            assert max(told, default=0) <= 1

    def of(self, booking: Booking) -> Session:
        return self.db.get_one(Session, booking.session_slug)

    @invariant()
    def what_is_cancelled_comes_back_to_life_with_its_session_alone(self) -> None:
        cancelled = {booking.reference for booking in self.bookings() if booking.state == "cancelled"}
        assert self.gone <= cancelled
        self.gone = cancelled

    @invariant()
    def an_offer_leaves_time_to_answer_and_to_come(self) -> None:
        for booking in self.bookings():
            if booking.state == "offered" and self.before.get(booking.reference, ("", "", None))[1] == "waiting":
                assert booking.offer_expires_at is not None
                left = self.db.get_one(Session, booking.session_slug).starts_at - self.now
                assert left > SHORTEST_OFFER
                assert SHORTEST_OFFER <= booking.offer_expires_at - self.now <= max(SHORTEST_OFFER, left / 4)

    @invariant()
    def the_history_ends_where_the_booking_is(self) -> None:
        query = select(Change.booking_id, Change.state, Change.session_slug).order_by(Change.id)
        latest = {booking_id: (state, slug) for booking_id, state, slug in self.db.execute(query)}
        for booking in self.bookings():
            assert latest[booking.id] == (booking.state, booking.session_slug)

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
        if session.status != "published" or self.latest >= session.starts_at:
            return False
        return session.waiting_list != "offer" or session.starts_at - self.latest > SHORTEST_OFFER


def run(engine: Engine, at_least: int) -> None:
    """Run the machine until it has taken so many steps."""
    Places.engine, Places.steps = engine, 0
    how = settings(
        max_examples=10,
        stateful_step_count=30,
        deadline=None,
        database=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )
    for _ in itertools.takewhile(lambda _: Places.steps < at_least, itertools.count()):
        run_state_machine_as_test(Places, settings=how)


def test_the_rules_hold_whatever_happens(make_engine):
    run(make_engine(Base.metadata, bus.metadata), at_least=examples(300))


@pytest.mark.slow
@pytest.mark.one_database  # the steps are the same as above, and their statements too
@pytest.mark.parametrize("thousand", range(1, 11))
def test_the_rules_hold_over_ten_thousand_steps(make_engine, thousand):
    """In ten parts, as each has its time."""
    run(make_engine(Base.metadata, bus.metadata), at_least=1000)
