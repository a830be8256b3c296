"""A cancelled session is called back: the people who were cancelled with it stand again as they did, and hear of it."""

import json
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy import select
from sqlalchemy.orm import Session as OrmSession

from services.registration import moves, my_data
from services.registration.models import Booking, Change, Person, Session
from services.registration.places import admitting, bookings, forecast, history, waiting_list
from services.registration.places.waiting_list import LONGEST_OFFER, SHORTEST_OFFER
from services.runtime.database import make_schema
from services.runtime.migrations import versions
from services.runtime.upgrades import upgrade
from tests.registration.conftest import NOW, START
from tests.registration.events import events
from tests.registration.rules import check_places

LATER = NOW + timedelta(days=3)
LATE = START - timedelta(hours=1)


@pytest.fixture
def book(db, person):
    """Have people book the March cohort, each a minute after the last: `book("amina", mode="online")`."""
    made = {}

    def book(who, session="march", **said):
        made[who] = made.get(who) or person(who)
        at = NOW + timedelta(minutes=len(made))
        return bookings.book(db, made[who], at, session, **said)["reference"]

    return book


@pytest.fixture
def cancelled(told):
    """Cancel the session, and call it back: `cancelled(places_in_room=1)()`."""

    def cancel(**places):
        told(status="cancelled", cancel_reason="The speaker is ill.", **places)
        return lambda now=LATER: told(now=now, **places)

    return cancel


def one(db, reference):
    found = select(Booking).where(Booking.reference == reference)
    return db.scalars(found.execution_options(populate_existing=True)).one()


def stands(db, reference):
    booking = one(db, reference)
    return f"{booking.state} {booking.mode}"


def position(db, reference):
    return bookings.seen(db, one(db, reference), db.get_one(Session, "march"), NOW)["position"]


def last(db, reference):
    event = events(db, reference)[-1]
    return event.type.split(".")[1], event.data["cause"], event.data["by"]


def test_to_uncancel_brings_everyone_back_as_they_were(db, told, book, cancelled):
    """Reported elsewhere: nothing could uncancel a session that was cancelled by mistake."""
    told(places_in_room=1, places_online=1)
    amina = book("amina", mode="in_room", access_needs="A hearing loop")
    ben = book("ben", mode="online", either=True)
    carol, dan, eve = (book(who, mode="in_room") for who in ("carol", "dan", "eve"))
    bookings.cancel(db, db.get_one(Person, one(db, dan).person_id), dan, NOW)
    call_back = cancelled(places_in_room=1, places_online=1)
    assert {stands(db, one)[:9] for one in (amina, ben, carol, dan, eve)} == {"cancelled"}
    at = one(db, amina).confirmed_at
    call_back()
    assert [stands(db, each) for each in (amina, ben)] == ["confirmed in_room", "confirmed online"]
    assert [position(db, each) for each in (carol, eve)] == [1, 2]
    assert stands(db, dan) == "cancelled in_room"
    assert (one(db, amina).confirmed_at, one(db, amina).access_needs) == (at, "A hearing loop")
    assert one(db, amina).reason is None
    assert last(db, amina) == ("booking_confirmed", "session_reinstated", "team")
    assert last(db, carol) == ("booking_waitlisted", "session_reinstated", "team")
    assert last(db, dan)[1] == "cancelled"
    assert {each: len(events(db, each)) for each in (amina, carol, dan, eve)} == {amina: 3, carol: 3, dan: 2, eve: 3}
    check_places(db)


def test_the_list_goes_on_behind_those_who_came_back(db, told, book, cancelled):
    told(places_in_room=1)
    _, ben = book("amina"), book("ben")
    cancelled(places_in_room=1)()
    carol = book("carol")
    assert [position(db, each) for each in (ben, carol)] == [1, 2]
    check_places(db)


def test_places_over_capacity_and_wishes_for_the_other_mode_come_back(db, told, book, person, cancelled):
    told(places_in_room=1, places_online=1)
    amina, ben, carol = book("amina", mode="in_room"), book("ben", mode="online"), book("carol", mode="in_room")
    moves.move(db, db.get_one(Person, one(db, ben).person_id), ben, NOW, None, "in_room")
    admitting.admit(db, person("tess", granted=["team"]), carol, NOW, True, "She speaks.")
    session = cancelled(places_in_room=1, places_online=1)()
    assert one(db, carol).extra
    assert one(db, carol).reason == "She speaks."
    assert (session.extra_in_room, session.taken_in_room, session.changing_in_room) == (1, 1, 1)
    assert one(db, ben).waits_for == "in_room"
    bookings.cancel(db, db.get_one(Person, one(db, amina).person_id), amina, NOW)
    assert stands(db, ben) == "confirmed in_room"
    check_places(db)


def test_an_open_offer_is_made_again_with_its_whole_time(db, told, book, cancelled):
    offering = {"places_in_room": 1, "waiting_list": "offer"}
    told(**offering)
    amina, ben, carol = (book(who) for who in ("amina", "ben", "carol"))
    bookings.cancel(db, db.get_one(Person, one(db, amina).person_id), amina, NOW)
    assert stands(db, ben) == "offered in_room"
    cancelled(**offering)()
    assert (stands(db, amina), stands(db, ben), position(db, carol)) == ("cancelled in_room", "offered in_room", 1)
    assert one(db, ben).offer_expires_at == LATER + LONGEST_OFFER
    assert last(db, ben) == ("place_offered", "session_reinstated", "team")
    check_places(db)


def test_who_was_offered_a_place_and_cannot_be_offered_it_again_is_first_on_the_waiting_list(db, told, book, cancelled):
    offering = {"places_in_room": 1, "waiting_list": "offer"}
    told(**offering)
    amina, ben, carol = (book(who) for who in ("amina", "ben", "carol"))
    bookings.cancel(db, db.get_one(Person, one(db, amina).person_id), amina, NOW)
    cancelled(**offering)(START - SHORTEST_OFFER)
    assert [position(db, each) for each in (ben, carol)] == [1, 2]


def test_who_was_offered_the_other_mode_keeps_their_position_and_is_asked_again(db, told, book, cancelled):
    told(places_in_room=1)
    book("amina")
    ben, carol = book("ben"), book("carol")
    told(places_in_room=1, places_online=1)
    assert stands(db, ben) == "offered online"
    cancelled(places_in_room=1, places_online=1)()
    assert stands(db, ben) == "offered online"
    assert one(db, ben).waits_for == "in_room"
    bookings.decline(db, db.get_one(Person, one(db, ben).person_id), ben, LATER)
    assert position(db, ben) == 1
    assert stands(db, carol) == "offered online"
    check_places(db)


def test_who_has_booked_something_else_at_that_time_is_asked_first(db, told, book, cancelled):
    told(places_in_room=2)
    amina, ben = book("amina"), book("ben")
    call_back = cancelled(places_in_room=2)
    told("talk", places_in_room=1, meetings=[{"starts_at": START, "ends_at": START + timedelta(hours=1)}])
    book("amina", "talk")
    session = call_back()
    assert [stands(db, each) for each in (amina, ben)] == ["offered in_room", "confirmed in_room"]
    assert session.left("in_room") == 0
    assert last(db, amina) == ("place_offered", "session_reinstated", "team")
    bookings.accept(db, db.get_one(Person, one(db, amina).person_id), amina, LATER, allow_clash=True)
    assert stands(db, amina) == "confirmed in_room"
    check_places(db)


def test_who_clashes_and_cannot_be_asked_any_more_is_first_on_the_waiting_list(db, told, book, cancelled):
    told(places_in_room=1)
    amina, ben = book("amina"), book("ben")
    call_back = cancelled(places_in_room=1)
    told("talk", places_in_room=1, meetings=[{"starts_at": START, "ends_at": START + timedelta(hours=1)}])
    book("amina", "talk")
    call_back(LATE)
    assert stands(db, amina) == "waiting in_room"
    assert stands(db, ben) == "confirmed in_room"
    assert last(db, ben) == ("booking_confirmed", "session_reinstated", "team")
    check_places(db)


def test_who_booked_both_knowing_that_they_clash_has_both_again(db, told, book, cancelled):
    told("talk", places_in_room=1, meetings=[{"starts_at": START, "ends_at": START + timedelta(hours=1)}])
    told(places_in_room=1)
    book("amina", "talk")
    amina = book("amina", allow_clash=True)
    cancelled(places_in_room=1)()
    assert stands(db, amina) == "confirmed in_room"


def test_who_was_erased_does_not_come_back(db, told, book, cancelled):
    told(places_in_room=1)
    amina, ben = book("amina"), book("ben")
    call_back = cancelled(places_in_room=1)
    my_data.erase(db, db.get_one(Person, one(db, amina).person_id), NOW)
    db.expire_all()
    assert one(db, amina).before_cancellation is None
    call_back()
    assert [stands(db, each) for each in (amina, ben)] == ["cancelled in_room", "confirmed in_room"]
    check_places(db)


def test_the_last_cancellation_is_undone_and_none_before_it(db, told, book, cancelled):
    told(places_in_room=2)
    amina, ben = book("amina"), book("ben")
    cancelled(places_in_room=2)()
    bookings.cancel(db, db.get_one(Person, one(db, amina).person_id), amina, LATER)
    cancelled(places_in_room=2)()
    assert [stands(db, each) for each in (amina, ben)] == ["cancelled in_room", "confirmed in_room"]
    again = book("amina")
    assert stands(db, again) == "confirmed in_room"
    assert again != amina


def test_a_place_that_came_back_can_be_released_and_goes_to_the_next(db, told, book, cancelled):
    told(places_in_room=1)
    amina, ben = book("amina"), book("ben")
    cancelled(places_in_room=1)()
    bookings.cancel(db, db.get_one(Person, one(db, amina).person_id), amina, LATER)
    assert [stands(db, each) for each in (amina, ben)] == ["cancelled in_room", "confirmed in_room"]


def test_a_session_that_has_begun_brings_back_whom_it_had_and_passes_nothing_on(db, told, book, cancelled):
    told(places_in_room=1)
    amina, ben = book("amina"), book("ben")
    cancelled(places_in_room=1)(START + timedelta(hours=1))
    assert [stands(db, each) for each in (amina, ben)] == ["confirmed in_room", "waiting in_room"]


def test_the_history_says_what_happened(db, told, book, cancelled):
    told(places_in_room=1)
    amina = book("amina")
    cancelled(places_in_room=1)()
    items = history.page(db, one(db, amina), True, None, 10)["items"]
    assert [(item["what"], item["cause"], item["state"]) for item in items] == [
        ("booking_confirmed", "booked", "confirmed"),
        ("booking_cancelled", "session_cancelled", "cancelled"),
        ("booking_confirmed", "session_reinstated", "confirmed"),
    ]


def test_the_forecast_counts_who_would_come_back_and_changes_nothing(db, told, book, cancelled):
    told(places_in_room=1)
    amina, _, carol = (book(who) for who in ("amina", "ben", "carol"))
    bookings.cancel(db, db.get_one(Person, one(db, carol).person_id), carol, NOW)
    call_back = cancelled(places_in_room=1)
    before = len(events(db, amina))
    assert forecast.of_reinstatement(db, "march", LATER) == {"live": {"confirmed": 1, "offered": 0, "waiting": 1}}
    assert (stands(db, amina), len(events(db, amina))) == ("cancelled in_room", before)
    call_back()
    assert stands(db, amina) == "confirmed in_room"


def test_what_a_cancelled_booking_was_is_in_the_export(db, told, book, cancelled):
    told(places_in_room=1)
    amina = book("amina")
    cancelled(places_in_room=1)
    (held,) = my_data.export(db, db.get_one(Person, one(db, amina).person_id))["bookings"]
    assert held["before_cancellation"]["state"] == "confirmed"


def test_offers_of_a_session_that_was_called_back_run_out_as_others_do(db, told, book, cancelled):
    offering = {"places_in_room": 1, "waiting_list": "offer"}
    told(**offering)
    amina, ben, carol = (book(who) for who in ("amina", "ben", "carol"))
    bookings.cancel(db, db.get_one(Person, one(db, amina).person_id), amina, NOW)
    cancelled(**offering)()
    waiting_list.pass_on_expired(db, LATER + LONGEST_OFFER)
    assert [stands(db, each) for each in (ben, carol)] == ["waiting in_room", "offered in_room"]
    check_places(db)


CHANGES = {  # by the booking: what became of it, and why
    1: [("confirmed", "booked"), ("cancelled", "session_cancelled")],
    2: [("waiting", "joined"), ("cancelled", "session_cancelled")],
    3: [("confirmed", "booked"), ("cancelled", "cancelled")],
    4: [("confirmed", "over_capacity"), ("cancelled", "session_cancelled")],
    5: [("waiting", "joined"), ("cancelled", "session_cancelled")],
}


def test_a_session_that_was_cancelled_before_the_upgrade_can_be_called_back_too(make_engine):
    engine = make_engine()
    make_schema(engine, "registration")
    upgrade(engine, versions("registration"), "0012")
    at = "2027-01-05 09:00:00"
    meetings = json.dumps([{"starts_at": START.isoformat(), "ends_at": (START + timedelta(hours=7)).isoformat()}])
    rows = [
        f"""INSERT INTO sessions (slug, title, programme, meetings, starts_at, ends_at, status, waiting_list,
        capacity_in_room, capacity_online, taken_in_room, taken_online, waiting_in_room, waiting_online,
        last_waiting_number, first_waiting_number, catalogue_version, version)
        VALUES ('march', 'M', 'slp', '{meetings}', '2027-03-09 09:30:00', '2027-03-09 16:30:00', 'cancelled',
        'automatic', 1, 0, 0, 0, 0, 0, 2, 0, 2, 1)"""
    ]
    for n, changes in CHANGES.items():
        rows.append(
            f"""INSERT INTO people (id, email, granted, created_at, version)
            VALUES ('p{n}', 'p{n}@example.org', '[]', '{at}', 1)"""
        )
        rows.append(
            f"""INSERT INTO bookings (id, reference, person_id, session_slug, mode, state, created_at, version,
            expired_offers) VALUES ({n}, 'K{n}', 'p{n}', 'march', 'in_room', 'cancelled', '{at}', 2, 0)"""
        )
        rows += [
            f"""INSERT INTO booking_changes (id, booking_id, at, what, cause, by, session_slug, mode, state)
            VALUES ({10 * n + k}, {n}, '{at}', 'x', '{cause}', 'team', 'march', 'in_room', '{state}')"""
            for k, (state, cause) in enumerate(changes)
        ]
    with engine.begin() as connection:
        for row in rows:
            connection.execute(sa.text(row.replace(":", "\\:")))
    upgrade(engine, versions("registration"))
    with OrmSession(engine) as db:
        stood = {b.id: b.before_cancellation for b in db.scalars(select(Booking).order_by(Booking.id))}
        assert stood[3] is None
        assert [(stood[n]["state"], stood[n]["extra"], stood[n]["waiting_number"]) for n in (1, 2, 4, 5)] == [
            ("confirmed", False, None),
            ("waiting", False, 1),
            ("confirmed", True, None),
            ("waiting", False, 2),
        ]
        assert set(stood[1]) == {"state", "extra", "waiting_number", "waits_for", "changing_number", "reason"}
        assert db.scalar(select(sa.func.count()).select_from(Change)) == 10
