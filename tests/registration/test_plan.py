"""The plan that the team is shown is what is then done, whatever stands and whatever is changed."""

from collections import Counter
from contextlib import contextmanager
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session as OrmSession

from services.bus import models as bus
from services.registration import moves
from services.registration.models import LIVE, MODES, Base, Booking, Person, Sector, Session
from services.registration.places import bookings, forecast, sessions
from services.runtime.refusals import Refusal
from tests.examples import examples
from tests.registration.conftest import NOW, START, state_of
from tests.registration.rules import check_places

SECTORS = ("hospital", "citizen")
some = st.integers(0, 4)
places = st.tuples(some, some)
held = st.dictionaries(st.sampled_from(SECTORS), st.integers(1, 2), max_size=2)
kinds = st.sampled_from(("automatic", "offer"))
late = st.sampled_from((timedelta(days=5), timedelta(hours=1)))  # before the start, when the change is made
way = st.tuples(st.sampled_from(MODES), st.booleans(), st.sampled_from(SECTORS), st.sampled_from(("", "", "extra")))
deeds = st.lists(st.tuples(st.sampled_from(("cancel", "change_mode", "accept")), st.integers(0, 11)), max_size=5)


@pytest.fixture
def engine(make_engine):
    return make_engine(Base.metadata, bus.metadata)


@contextmanager
def undone(engine):
    """Yield a database in which nothing stays."""
    with engine.connect() as connection, connection.begin() as outer:
        joined = {"join_transaction_mode": "create_savepoint"}
        with OrmSession(connection, expire_on_commit=False, autoflush=False, **joined) as db:
            db.add_all(Sector(code=code, name=code, workforce=None) for code in SECTORS)
            yield db
        outer.rollback()


def person(db, who, sector, granted=()):
    made = Person(email=f"{who}@y.org", name=who, sector=sector, granted=[*granted], created_at=NOW, version=1)
    db.add(made)
    db.flush()
    return made


def book(db, crowd):
    """Have people book, in both modes or either, within the capacity or beyond it."""
    team = person(db, "team", "hospital", ["team"])
    for n, (mode, either, sector, extra) in enumerate(crowd):
        now, who = NOW + timedelta(minutes=n), person(db, f"p{n}", sector)
        session = db.get_one(Session, "march")
        wanted = mode if all(map(session.has, MODES)) else None
        if extra:
            said = {"mode": wanted, "over_capacity": True, "reason": "She speaks."}
            bookings.book_for(db, team, now, "march", who.email, **said)
        else:
            bookings.book(db, who, now, "march", mode=wanted, either=either)


def do(db, deed, who, reference, mode):
    if deed == "cancel":
        bookings.cancel(db, who, reference, NOW)
    elif deed == "accept":
        bookings.accept(db, who, reference, NOW)
    else:
        moves.move(db, who, reference, NOW, None, "online" if mode == "in_room" else "in_room")


def seats(db):
    rows = db.execute(select(Booking.reference, Booking.mode, Booking.state).where(Booking.state.in_(LIVE)))
    return {reference: {"mode": mode, "state": state} for reference, mode, state in rows}


def tried(number):
    """Have a test try so many examples of what stands and of what is changed."""

    def decorate(test):
        given_all = given(places, held, kinds, st.lists(way, max_size=10), places, deeds, places, held, kinds, late)
        checks = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
        return settings(max_examples=examples(number), suppress_health_check=checks)(given_all(test))

    return decorate


@tried(50)
def test_what_is_shown_is_what_is_done(engine, first, keep, kind, crowd, then, done, last, kept, line, before):
    check(engine, first, keep, kind, crowd, then, done, last, kept, line, before)


@pytest.mark.one_database  # what is done is the same as above
@tried(250)
def test_what_is_shown_is_what_is_done_in_many_more_cases(
    engine, first, keep, kind, crowd, then, done, last, kept, line, before
):
    check(engine, first, keep, kind, crowd, then, done, last, kept, line, before)


def check(engine, first, keep, kind, crowd, then, done, last, kept, line, before):
    with undone(engine) as db:
        tell(db, 1, first, keep, kind)
        book(db, crowd if any(first) else [])
        tell(db, 2, then, keep, kind)  # some wait for the mode that they had, some are offered the other
        stand_again(db, done)
        now, said = START - before, state(last, kept, line)
        had = seats(db)
        seen = forecast.of_change(db, "march", now, **said)
        assert seats(db) == had, "nothing of it has happened"
        sessions.keep(db, {**sessions.as_told(db.get_one(Session, "march")), "version": 3, **said}, now)
        db.flush()
        compare(db, seen, had, seats(db))
        check_places(db)


def stand_again(db, done):
    """Have some cancel, want the other mode, or take what they are offered; who cannot is refused."""
    made = [(db.get_one(Person, b.person_id), b) for b in db.scalars(select(Booking).order_by(Booking.id))]
    for deed, n in done if made else []:
        who, booking = made[n % len(made)]
        with db.begin_nested() as attempt:
            try:
                do(db, deed, who, booking.reference, booking.mode)
            except Refusal:
                attempt.rollback()
                db.expire_all()


def state(places, held, kind):
    until = START - timedelta(days=4)
    listed = [{"sector": sector, "places": number, "until": until} for sector, number in held.items()]
    return {"places_in_room": places[0], "places_online": places[1], "held_places": listed, "waiting_list": kind}


def tell(db, version, places, held, kind):
    told = {**state_of("march", START, hours=3), **state(places, held, kind), "version": version}
    sessions.keep(db, told, NOW + timedelta(hours=version))


def compare(db, seen, had, has):
    """Fail unless what was shown of a change is what became of everyone, and of the places."""
    plan, session = seen["plan"], db.get_one(Session, "march")
    assert {one["reference"]: one["to"] for one in plan["people"]} == {
        reference: seat for reference, seat in has.items() if seat != had[reference]
    }
    assert {one["reference"]: one["from"] for one in plan["people"]} == {
        reference: seat for reference, seat in had.items() if seat != has[reference]
    }
    assert seen["over_then"] == {mode: session.over(mode) for mode in MODES}
    came = Counter(outcome(seat, has[reference]) for reference, seat in had.items())
    assert {name: plan[name] for name in ("stay", "change_mode", "wait", "offered")} == {
        name: came[name] for name in ("stay", "change_mode", "wait", "offered")
    }
    served = Counter(seat["mode"] for reference, seat in has.items() if is_served(had[reference], seat))
    assert seen["free"] == {mode: session.left(mode) + served[mode] for mode in MODES}
    assert seen["live"] == {name: sum(seat["state"] == name for seat in had.values()) for name in LIVE}


def outcome(was, then):
    if was["state"] == "waiting":
        return "offered" if then["state"] == "offered" else None
    if then["state"] == "waiting" or (was["state"], then["state"]) == ("confirmed", "offered"):
        return "wait"
    return "stay" if was["mode"] == then["mode"] else "change_mode"


def is_served(was, then):
    return then["state"] != "waiting" and (was["state"] == "waiting" or outcome(was, then) == "wait")
