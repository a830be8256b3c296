"""What went wrong with places in the systems that others run: a scenario for each, named after the report."""

import pytest
from sqlalchemy import select

from services.registration.errors import SessionFull
from services.registration.models import Booking, Person, Session
from services.registration.places import admitting, bookings
from services.registration.places.position import position_of
from tests.registration.conftest import NOW
from tests.registration.events import events
from tests.registration.rules import check_places


@pytest.fixture
def book(db, person):
    def book(who, **said):
        sector = said.pop("sector", "hospital")
        return bookings.book(db, person(who, sector=sector), NOW, "march", **said)["reference"]

    return book


def stands(db, *references):
    rows = dict(db.execute(select(Booking.reference, Booking.state)).all())
    return [rows[reference] for reference in references]


def cancel(db, reference):
    whose = db.scalar(select(Booking.person_id).where(Booking.reference == reference))
    bookings.cancel(db, db.get_one(Person, whose), reference, NOW)


@pytest.mark.parametrize("kind", ["automatic", "offer"])
def test_a_place_that_comes_free_is_not_for_who_books_next_while_others_wait(db, told, book, kind):
    """Reported elsewhere: seats taken while others wait."""
    told(places_in_room=1, waiting_list=kind)
    has, first, second = (book(who) for who in ("amina", "ben", "cleo"))
    cancel(db, has)
    late = book("dan")
    served = "confirmed" if kind == "automatic" else "offered"
    assert stands(db, first, second, late) == [served, "waiting", "waiting"]
    told(places_in_room=2, waiting_list=kind)
    assert stands(db, first, second, late) == [served, served, "waiting"]
    check_places(db)


def test_who_comes_up_from_the_waiting_list_keeps_the_reference_the_needs_and_the_place(db, told, book):
    """Reported elsewhere: dropped on promotion."""
    told(places_in_room=1)
    has, next_one = book("amina"), book("ben", access_needs="A hearing loop")
    cancel(db, has)
    told(places_in_room=1, title="Another title")
    book("cleo")
    booking = db.scalars(select(Booking).where(Booking.reference == next_one)).one()
    assert (booking.state, booking.access_needs) == ("confirmed", "A hearing loop")
    assert [event.data["cause"] for event in events(db, next_one)] == ["joined", "promoted"]
    check_places(db)


def test_one_person_is_let_in_and_nobody_else_moves(db, told, book, person):
    """Reported elsewhere: let one waiter in."""
    told(places_in_room=1)
    has, first, second, third = (book(who) for who in ("amina", "ben", "cleo", "dan"))
    team = person("team", granted=["team"])
    with pytest.raises(SessionFull):
        admitting.admit(db, team, third, NOW)
    admitting.admit(db, team, third, NOW, over_capacity=True, reason="She came from far away.")
    assert stands(db, has, first, second, third) == ["confirmed", "waiting", "waiting", "confirmed"]
    session = db.get_one(Session, "march")
    assert (session.taken_in_room, session.extra_in_room) == (1, 1)
    cancel(db, third)
    assert stands(db, first, second) == ["waiting", "waiting"], "a place over capacity leaves none behind"
    check_places(db)


def test_what_is_held_for_a_sector_is_given_to_it_once(db, told, book):
    """Reported elsewhere: quota filled twice."""
    until = NOW.replace(month=2)
    told(places_in_room=3, held_places=[{"sector": "citizen", "places": 2, "until": until}])
    held = [book(f"c{n}", sector="citizen") for n in range(2)]
    cancel(db, held[0])
    again, open_one = book("c2", sector="citizen"), book("amina")
    assert stands(db, *held, again, open_one) == ["cancelled", "confirmed", "confirmed", "confirmed"]
    assert stands(db, book("ben"), book("c3", sector="citizen")) == ["waiting", "waiting"]
    assert db.get_one(Session, "march").held_left("in_room", NOW) == {"citizen": 0}
    check_places(db)


def test_a_number_of_places_that_was_mistyped_and_put_right_leaves_everyone_where_they_were(db, told, book):
    """Reported elsewhere: thrown out by a slip."""
    told(places_in_room=4)
    everyone = [book(f"p{n}") for n in range(6)]
    told(places_in_room=1)
    assert stands(db, *everyone) == ["confirmed"] + ["waiting"] * 5
    told(places_in_room=4)
    assert stands(db, *everyone) == ["confirmed"] * 4 + ["waiting"] * 2
    assert [position_of(db, b) for b in db.scalars(select(Booking).order_by(Booking.id))][4:] == [1, 2]
    check_places(db)
