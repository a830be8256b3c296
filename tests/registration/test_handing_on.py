"""A place is handed to a colleague: the very place, while nobody waits, or where the programme allows it always."""

import pytest
from sqlalchemy import select

from services.bus.envelope import Envelope
from services.bus.models import outbox
from services.registration import handing_on
from services.registration.errors import AlreadyBooked, BookingClosed, BookingNotConfirmed, Clash, PeopleAreWaiting
from services.registration.models import Booking, Person, Session
from services.registration.places import bookings, history, lookup
from services.runtime.refusals import Invalid, NotFound
from tests.registration.conftest import NOW, START
from tests.registration.rules import check_places


@pytest.fixture
def amina(person):
    return person("amina", access_needs="A hearing loop")


@pytest.fixture
def place(db, told, amina):
    told(places_in_room=2)
    return bookings.book(db, amina, NOW, "march", access_needs="A hearing loop")["reference"]


def hand_on(db, caller, reference, email="ben@example.org", now=NOW, **more):
    return handing_on.hand_on(db, caller, reference, now, email, **more)


def latest(db, what):
    """Return the data of the last event of that kind."""
    rows = db.scalars(select(outbox.c.envelope).order_by(outbox.c.position))
    events = [Envelope.from_json(row) for row in rows]
    return [event.data for event in events if event.type == f"registration.{what}.v1"][-1]


def of(db, reference):
    return db.scalar(select(Booking).where(Booking.reference == reference))


def test_the_colleague_has_a_booking_and_the_owner_has_none(db, place, amina, person):
    ben = person("ben", sector="citizen", access_needs="Large print")
    got = hand_on(db, amina, place)
    assert (got["state"], got["mode"], got["access_needs"]) == ("confirmed", "in_room", None)
    assert got["reference"] != place
    theirs = of(db, got["reference"])
    assert (theirs.person_id, theirs.access_needs) == (ben.id, "Large print"), "theirs, and not what Amina needs"
    assert lookup.one(db, amina, place, NOW)["state"] == "cancelled"
    assert db.get_one(Session, "march").taken_by_sector["in_room"] == {"hospital": 0, "citizen": 1}
    check_places(db)


def test_it_is_told_to_both_and_stands_in_both_histories(db, place, amina, person):
    person("ben")
    got = hand_on(db, amina, place)
    lost, won = latest(db, "booking_cancelled"), latest(db, "booking_confirmed")
    assert (lost["cause"], lost["reference"], lost["was_confirmed"]) == ("handed_on", place, True)
    assert (won["cause"], won["reference"], won["was_confirmed"]) == ("handed_on", got["reference"], False)
    for reference in (place, got["reference"]):
        last = history.page(db, of(db, reference), True, None, 10)["items"][-1]
        assert (last["cause"], last["actor"]) == ("handed_on", "Amina")


def test_someone_without_an_account_gets_one(db, place, amina):
    hand_on(db, amina, place, "new@example.org", name="Noor")
    assert db.scalar(select(Person.name).where(Person.email == "new@example.org")) == "Noor"


@pytest.mark.parametrize("hand_on_when", ["if_nobody_waits", "always"])
def test_while_people_wait_it_goes_to_them_unless_the_programme_allows_it(db, told, amina, person, hand_on_when):
    told(places_in_room=1, hand_on=hand_on_when)
    place = bookings.book(db, amina, NOW, "march")["reference"]
    waits = bookings.book(db, person("cleo"), NOW, "march")["reference"]
    if hand_on_when == "always":
        assert hand_on(db, amina, place)["state"] == "confirmed"
    else:
        with pytest.raises(PeopleAreWaiting):
            hand_on(db, amina, place)
        assert of(db, place).state == "confirmed"
    assert of(db, waits).state == "waiting"
    check_places(db)


def test_a_place_over_capacity_stays_one(db, told, amina, person):
    told(places_in_room=1)
    bookings.book(db, amina, NOW, "march")
    team = person("team", granted=["team"])
    extra = bookings.book_for(db, team, NOW, "march", "dan@example.org", over_capacity=True, reason="Speaker")
    got = hand_on(db, team, extra["reference"])
    assert of(db, got["reference"]).extra
    check_places(db)


def test_who_is_in_the_way_is_told_without_what_else_they_do(db, told, place, amina, person):
    ben = person("ben")
    told("april", meetings=[{"starts_at": START, "ends_at": START.replace(hour=16)}])
    elsewhere = bookings.book(db, ben, NOW, "april")["reference"]
    with pytest.raises(Clash) as refused:
        hand_on(db, amina, place)
    assert refused.value.facts == {}
    bookings.cancel(db, ben, elsewhere, NOW)
    bookings.book(db, ben, NOW, "march")
    with pytest.raises(AlreadyBooked) as refused:
        hand_on(db, amina, place)
    assert refused.value.facts == {}
    with pytest.raises(Invalid):
        hand_on(db, amina, place, "amina@example.org")


def test_only_a_place_that_one_has_and_only_before_it_starts(db, told, place, amina, person):
    with pytest.raises(NotFound):
        hand_on(db, person("ben"), place)
    with pytest.raises(BookingClosed):
        hand_on(db, amina, place, now=START)
    bookings.cancel(db, amina, place, NOW)
    with pytest.raises(BookingNotConfirmed):
        hand_on(db, amina, place)
