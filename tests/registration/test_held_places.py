"""Held places: for the people of a sector until a moment, then for all; nobody jumps a queue that they cannot see."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from services.registration.errors import SessionFull
from services.registration.models import Booking, Session
from services.registration.places import bookings, figures, position, waiting_list
from tests.registration.conftest import NOW

UNTIL = NOW + timedelta(days=7)
CITIZENS = [{"sector": "citizen", "places": 1, "until": UNTIL}]


def states(db):
    return [booking.state for booking in db.scalars(select(Booking).order_by(Booking.id))]


@pytest.fixture
def book(db, person):
    def book(who, sector="hospital", now=NOW, slug="march", **said):
        return bookings.book(db, person(who, sector=sector), now, slug, **said)

    return book


def test_others_wait_for_what_is_held_and_those_it_is_held_for_do_not(db, told, book):
    told(places_in_room=2, held_places=CITIZENS)
    assert [book("amina")["state"], book("ben")["state"]] == ["confirmed", "waiting"]
    assert book("carol", "citizen")["state"] == "confirmed"


def test_people_take_the_places_held_for_them_before_open_ones(db, told, book):
    told(places_in_room=2, held_places=CITIZENS)
    book("carol", "citizen")
    assert book("amina")["state"] == "confirmed"


def test_whoever_it_is_held_for_may_take_open_places_as_well(db, told, book):
    told(places_in_room=2, held_places=CITIZENS)
    assert [book("carol", "citizen")["state"], book("dan", "citizen")["state"]] == ["confirmed"] * 2


def test_if_only_held_places_are_left_a_booking_that_will_not_wait_is_refused(db, told, book):
    told(places_in_room=1, held_places=CITIZENS)
    with pytest.raises(SessionFull):
        book("amina", if_full="refuse")


def test_a_held_place_that_is_given_up_goes_to_the_first_of_its_sector(db, told, book, person):
    told(places_in_room=1, held_places=CITIZENS)
    carol = person("carol", sector="citizen")
    booked = bookings.book(db, carol, NOW, "march")
    waiting = [book("amina")["reference"], book("dan", "citizen")["reference"]]
    bookings.cancel(db, carol, booked["reference"], NOW)
    assert states(db) == ["cancelled", "waiting", "confirmed"]
    assert waiting


def test_what_is_held_is_let_go_when_its_time_is_over_and_the_line_moves_up(db, told, book):
    told(places_in_room=2, held_places=CITIZENS)
    book("amina"), book("ben"), book("eve")
    waiting_list.release_held(db, UNTIL - timedelta(seconds=1))
    assert states(db) == ["confirmed", "waiting", "waiting"]
    waiting_list.release_held(db, UNTIL)
    assert states(db) == ["confirmed", "confirmed", "waiting"]
    version = db.get_one(Session, "march").version
    waiting_list.release_held(db, UNTIL)
    assert db.get_one(Session, "march").version == version


def test_each_hold_is_let_go_at_its_own_time(db, told, book):
    later = UNTIL + timedelta(days=1)
    told(places_in_room=2, held_places=[*CITIZENS, {"sector": "hospital", "places": 1, "until": later}])
    book("amina", "general_practice"), book("ben", "general_practice")
    waiting_list.release_held(db, UNTIL)
    assert states(db) == ["confirmed", "waiting"]
    waiting_list.release_held(db, later)
    assert states(db) == ["confirmed", "confirmed"]


def test_a_newcomer_does_not_take_a_released_place_before_those_who_waited(db, told, book):
    """Between the end of the hold and the timer the line has not moved yet; who books then stands behind it."""
    told(places_in_room=2, held_places=CITIZENS)
    book("amina"), book("ben")
    assert book("late", now=UNTIL)["state"] == "waiting"
    assert states(db) == ["confirmed", "confirmed", "waiting"]


def test_everybody_is_told_how_many_are_still_held(db, told, book):
    session = told(places_in_room=3, held_places=CITIZENS)
    assert figures.of_session(session, NOW)["held"] == {"citizen": 1}
    book("carol", "citizen")
    assert figures.page(db, None, NOW)["items"][0]["held"] == {"citizen": 0}
    assert figures.of_session(session, UNTIL)["held"] == {}


def test_in_a_session_with_a_room_the_places_are_held_in_the_room(db, told, book):
    told(places_in_room=1, places_online=1, held_places=CITIZENS)
    assert book("amina", mode="in_room")["state"] == "waiting"
    assert book("ben", mode="online")["state"] == "confirmed"


def test_who_would_take_either_gets_whichever_is_free(db, told, book):
    told(places_in_room=1, places_online=1)
    book("amina", mode="in_room")
    got = book("ben", mode="in_room", either=True)
    assert (got["mode"], got["state"]) == ("online", "confirmed")


def test_who_waits_for_either_is_given_a_place_of_the_other_kind_in_their_turn(db, told, book, person):
    told(places_in_room=1, places_online=1)
    book("amina", mode="in_room")
    ben = person("ben")
    online = bookings.book(db, ben, NOW, "march", mode="online")
    first = book("carol", mode="in_room", either=True)
    second = book("dan", mode="online")
    assert (first["position"], second["position"]) == (1, 2)
    bookings.cancel(db, ben, online["reference"], NOW)
    carol, dan = db.scalars(select(Booking).order_by(Booking.id.desc()).limit(2)).all()[::-1]
    assert (carol.state, carol.mode, dan.state) == ("confirmed", "online", "waiting")
    session = db.get_one(Session, "march")
    assert (session.waiting_in_room, session.waiting_online, session.has_either) == (0, 1, False)
    assert position.position_of(db, dan) == 1


def test_who_waits_again_for_either_is_offered_the_place_of_the_other_kind(db, told, book):
    told(places_in_room=0, places_online=1, waiting_list="offer")
    told(places_in_room=1, places_online=1, waiting_list="offer")
    book("amina", mode="in_room"), book("ben", mode="online")
    waits = book("carol", mode="in_room", either=True)
    told(places_in_room=2, places_online=1, waiting_list="offer")
    told(places_in_room=1, places_online=2, waiting_list="offer")
    carol = db.scalars(select(Booking).where(Booking.reference == waits["reference"])).one()
    assert (carol.state, carol.mode) == ("offered", "online")
