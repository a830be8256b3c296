"""Conversion: bookings come along when a session goes online or into a room, and nobody is taken off or put back."""

from datetime import timedelta

import pytest
from sqlalchemy import event, select

from services.registration.models import Booking, Session
from services.registration.places import bookings, history
from tests.registration.conftest import NOW
from tests.registration.events import events


@pytest.fixture
def booked(db, told, person):
    """Three have places in the room of three, and two wait."""
    told(places_in_room=3)
    people = [person(f"p{n}") for n in range(5)]
    at = [NOW + timedelta(minutes=n) for n in range(5)]
    return [bookings.book(db, each, when, "march")["reference"] for each, when in zip(people, at, strict=True)]


def rows(db):
    found = db.scalars(select(Booking).order_by(Booking.id))
    return [(booking.mode, booking.state) for booking in found]


def last(db, reference):
    told = events(db, reference)[-1]
    return told.type.split(".")[1], told.data["cause"], told.data["mode"], told.data["position"]


def test_places_come_along_under_the_same_reference(db, told, booked):
    told(places_in_room=0, places_online=3)
    assert rows(db) == [("online", "confirmed")] * 3 + [("online", "waiting")] * 2
    assert last(db, booked[0]) == ("booking_confirmed", "converted", "online", None)
    assert last(db, booked[3]) == ("booking_waitlisted", "converted", "online", 1)
    session = db.get_one(Session, "march")
    assert (session.taken_in_room, session.taken_online, session.capacity_in_room) == (0, 3, 0)
    assert (session.waiting_in_room, session.waiting_online) == (0, 2)
    assert session.taken_by_sector["online"] == {"hospital": 3}


def test_more_places_than_before_go_to_those_who_wait(db, told, booked):
    told(places_in_room=0, places_online=4)
    assert rows(db) == [("online", "confirmed")] * 4 + [("online", "waiting")]
    assert last(db, booked[3]) == ("booking_confirmed", "promoted", "online", None)


def test_if_there_are_fewer_places_the_latest_confirmed_wait_first_and_are_told_why(db, told, booked):
    told(places_in_room=0, places_online=1)
    assert rows(db) == [("online", "confirmed")] + [("online", "waiting")] * 4
    assert last(db, booked[1]) == ("booking_waitlisted", "converted", "online", 1)
    assert last(db, booked[2]) == ("booking_waitlisted", "converted", "online", 2)
    assert last(db, booked[3]) == ("booking_waitlisted", "converted", "online", 3)
    assert [event.version for event in events(db, booked[1])] == [1, 2]


def test_to_hybrid_and_back_nobody_who_stays_hears_anything(db, told, booked):
    told(places_in_room=3, places_online=5)
    assert rows(db)[:3] == [("in_room", "confirmed")] * 3
    assert [len(events(db, reference)) for reference in booked[:3]] == [1, 1, 1]


def test_from_hybrid_into_the_room_those_online_come_too(db, told, person):
    told(places_in_room=2, places_online=2)
    for n, mode in enumerate(("in_room", "online", "online")):
        bookings.book(db, person(f"p{n}"), NOW + timedelta(minutes=n), "march", mode=mode)
    told(places_in_room=2, places_online=0)
    assert rows(db) == [("in_room", "confirmed"), ("in_room", "confirmed"), ("in_room", "waiting")]


def test_an_offer_and_a_place_beyond_the_capacity_come_along_as_well(db, told, person):
    told(places_in_room=1, waiting_list="offer")
    tess, first = person("tess", granted=["team"]), person("first")
    held = bookings.book(db, first, NOW, "march")
    bookings.book(db, person("second"), NOW, "march")
    bookings.book_for(db, tess, NOW, "march", "x@example.org", over_capacity=True, reason="She speaks.")
    bookings.cancel(db, first, held["reference"], NOW)
    told(places_in_room=0, places_online=1, waiting_list="offer")
    assert rows(db) == [("in_room", "cancelled"), ("online", "offered"), ("online", "confirmed")]
    session = db.get_one(Session, "march")
    assert (session.taken_online, session.extra_online, session.extra_in_room) == (1, 1, 0)


def test_the_history_says_that_it_was_the_team(db, told, booked):
    told(places_in_room=0, places_online=3)
    booking = db.scalars(select(Booking).where(Booking.reference == booked[0])).one()
    entry = history.page(db, booking, True, None, 10)["items"][-1]
    assert (entry["cause"], entry["by"], entry["mode"]) == ("converted", "team", "online")


def test_who_would_take_either_waits_for_what_is_left(db, told, person):
    told(places_in_room=1, places_online=1)
    for n, mode in enumerate(("in_room", "online")):
        bookings.book(db, person(f"p{n}"), NOW, "march", mode=mode)
    bookings.book(db, person("waits"), NOW, "march", mode="in_room", either=True)
    told(places_in_room=0, places_online=3)
    assert rows(db) == [("online", "confirmed")] * 3
    assert not db.get_one(Session, "march").has_either


def test_it_takes_no_more_statements_for_many_people_than_for_few(db, told, person):
    """Each statement is a round trip under the session's lock, and bookings that come beside it have it wait."""
    if db.bind.dialect.name == "postgresql":
        assert db.bind.dialect.executemany_mode.name == "EXECUTEMANY_VALUES_PLUS_BATCH", "changed rows go in batches"
    sent = []
    event.listen(db.bind, "before_cursor_execute", lambda *said: sent.append(said[2]))
    took = []
    for slug, people in (("small", 3), ("large", 12)):
        told(slug, places_in_room=people)
        for n in range(people):
            bookings.book(db, person(f"{slug}{n}"), NOW, slug, allow_clash=True)
        sent.clear()
        told(slug, places_in_room=0, places_online=people)
        took.append(len(sent))
    assert took[0] == took[1]
