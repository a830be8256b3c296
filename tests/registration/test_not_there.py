"""Who was let in and was never there loses that place, and nothing else; what the machine of steps found."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from services.bus.envelope import Envelope
from services.bus.models import outbox
from services.registration import handing_on, moves, my_data
from services.registration.attendance import arriving, check_in, recording
from services.registration.models import Booking, Person
from services.registration.places import bookings, lookup
from tests.registration.attendance import seen
from tests.registration.conftest import NOW, START
from tests.registration.meetings import HOUR, SPANS, TWO_MEETINGS, meeting
from tests.registration.rules import check_places

SECRET = "k" * 32
EARLY = START - HOUR / 2


@pytest.fixture
def team(person):
    return person("team", granted=["team"])


@pytest.fixture
def march(db, told, person):
    """Two meetings and one place, which Amina has; Ben and Cleo wait."""
    told(meetings=TWO_MEETINGS, places_in_room=1, hand_on="always")
    return {name: bookings.book(db, person(name), NOW, "march")["reference"] for name in ("amina", "ben", "cleo")}


def say(db, team, reference, present, now=START, number=1):
    recording.record(db, team, "march", [seen(reference, number, present)], "list", now)


def of(db, reference):
    return db.scalars(select(Booking).where(Booking.reference == reference)).one()


def told_of(db, reference):
    """Return what was announced of the booking, attendance aside."""
    events = [Envelope.from_json(row) for row in db.scalars(select(outbox.c.envelope).order_by(outbox.c.position))]
    return [e.type.split(".")[1] for e in events if e.data.get("reference") == reference and "cause" in e.data]


def test_who_gave_the_place_up_since_stays_cancelled(db, march, team):
    pat = arriving.add(db, team, "march", START, 1, name="Pat")["reference"]
    say(db, team, march["ben"], True)
    for reference in (march["ben"], pat):
        bookings.cancel(db, team, reference, START + HOUR)
        before = told_of(db, reference)
        say(db, team, reference, False, START + HOUR)
        assert of(db, reference).state == "cancelled"
        assert told_of(db, reference) == before
    check_places(db)


def test_who_handed_the_place_on_since_stays_cancelled_and_what_was_noted_stays(db, march, team):
    say(db, team, march["ben"], True, EARLY)
    made = handing_on.hand_on(db, team, march["ben"], EARLY, "dan@example.org")["reference"]
    assert lookup.one(db, team, march["ben"], EARLY)["state"] == "partly_attended"
    say(db, team, march["ben"], False, EARLY)
    assert (of(db, march["ben"]).state, of(db, made).state) == ("cancelled", "confirmed")
    check_places(db)


def test_who_moved_to_another_session_since_keeps_that_place(db, march, told, team):
    told("april", meetings=[meeting(START + timedelta(days=30))])
    say(db, team, march["ben"], True, EARLY)
    moves.move(db, team, march["ben"], EARLY, "april")
    april = START + timedelta(days=30)
    recording.record(db, team, "april", [seen(march["ben"], 1, False)], "list", april)
    assert lookup.one(db, team, march["ben"], april)["state"] == "absent"
    check_places(db)


def test_an_offer_that_was_taken_by_coming_is_no_place_for_who_never_came(db, march, told, team):
    told(meetings=TWO_MEETINGS, places_in_room=2, waiting_list="offer")
    told(meetings=[meeting(NOW + 2 * HOUR), TWO_MEETINGS[1]], places_in_room=2, waiting_list="offer")
    assert of(db, march["ben"]).state == "offered"
    say(db, team, march["ben"], True, NOW + 2 * HOUR)
    say(db, team, march["ben"], False, NOW + 2 * HOUR)
    assert (of(db, march["ben"]).state, lookup.one(db, team, march["ben"], START)["position"]) == ("waiting", 1)
    check_places(db)


def test_who_was_at_a_meeting_that_is_no_more_was_there(db, march, told, team):
    say(db, team, march["ben"], True)
    told(meetings=TWO_MEETINGS[1:], places_in_room=1, now=START + HOUR)
    say(db, team, march["ben"], False, SPANS[1][0])
    assert of(db, march["ben"]).state == "confirmed"


@pytest.mark.parametrize("walks_in", [True, False])
def test_who_was_never_there_has_no_place_when_the_session_is_called_back(db, march, told, team, walks_in):
    said = {"meetings": TWO_MEETINGS, "places_in_room": 1, "now": START + HOUR}
    reference = march["ben"]
    if walks_in:
        reference = arriving.add(db, team, "march", START, 1, name="Pat")["reference"]
    else:
        say(db, team, reference, True)
    told(status="cancelled", **said)
    say(db, team, reference, False, START + HOUR)
    told(status="published", **said)
    assert of(db, reference).state == ("cancelled" if walks_in else "waiting")
    check_places(db)


def test_two_who_were_never_there_are_told_once_each(db, march, team):
    recording.record(db, team, "march", [seen(march[who]) for who in ("ben", "cleo")], "list", EARLY)
    recording.record(db, team, "march", [seen(march[who], 1, False) for who in ("ben", "cleo")], "list", EARLY)
    for who in ("ben", "cleo"):
        assert told_of(db, march[who]) == ["booking_waitlisted", "booking_confirmed", "booking_waitlisted"]
    check_places(db)


def test_who_waits_for_a_session_that_has_no_places_left_at_all_is_let_in(db, march, told, team):
    told(meetings=TWO_MEETINGS, places_in_room=0, now=START)
    say(db, team, march["ben"], True)
    assert (of(db, march["ben"]).state, of(db, march["ben"]).extra) == ("confirmed", True)
    check_places(db)


def test_who_was_scanned_on_the_first_day_and_cancels_keeps_that_day(db, march, team):
    check_in.check_in(db, team, check_in.token_of(march["amina"], SECRET), SECRET, START)
    assert bookings.cancel(db, team, march["amina"], START + HOUR)["state"] == "partly_attended"


def test_nobody_who_was_erased_after_it_began_gets_a_place_when_it_is_put_off(db, march, told):
    ben = db.get_one(Person, of(db, march["ben"]).person_id)
    my_data.erase(db, ben, START)
    told(meetings=[meeting(START + timedelta(days=3))], places_in_room=3, now=START)
    assert (of(db, march["ben"]).state, of(db, march["cleo"]).state) == ("cancelled", "confirmed")
    check_places(db)
