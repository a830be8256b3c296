"""What the waiting list protects: first come, first served; an offer is one-use; a freed place is passed on at once."""

from datetime import timedelta

import pytest

from services.registration.errors import NothingOffered, OfferExpired
from services.registration.models import Session
from services.registration.places import bookings, lookup, waiting_list
from tests.registration.conftest import NOW, START
from tests.registration.events import events


@pytest.fixture
def line(db, told, person):
    """Somebody has the only place, others wait: `line("offer", 3)` returns (people, references), the holder first."""

    def make(waiting_list, waiters, now=NOW):
        told(places_in_room=1, waiting_list=waiting_list)
        people = [person(f"p{n}") for n in range(waiters + 1)]
        return people, [bookings.book(db, each, now, "march")["reference"] for each in people]

    return make


def state(db, person, reference, now=NOW):
    return lookup.one(db, person, reference, now)


@pytest.mark.parametrize(
    ("left", "stands_for"),
    [
        (timedelta(days=30), timedelta(hours=48)),
        (timedelta(hours=192), timedelta(hours=48)),
        (timedelta(hours=100), timedelta(hours=25)),
        (timedelta(hours=8), timedelta(hours=2)),
        (timedelta(hours=3), timedelta(hours=2)),
        (timedelta(hours=2, seconds=1), timedelta(hours=2)),
        (timedelta(hours=2), None),
        (timedelta(minutes=5), None),
        (timedelta(hours=-1), None),
    ],
)
def test_an_offer_stands_48_hours_or_a_quarter_of_the_time_left_and_never_under_two(left, stands_for):
    until = waiting_list.offer_until(NOW, NOW + left)
    assert until == (NOW + stands_for if stands_for else None)


def test_an_automatic_list_confirms_the_first_in_line_as_the_place_is_freed(db, line):
    people, references = line("automatic", 2)
    bookings.cancel(db, people[0], references[0], NOW)
    assert state(db, people[1], references[1])["state"] == "confirmed"
    assert state(db, people[2], references[2])["position"] == 1
    assert events(db, references[1])[-1].data["cause"] == "promoted"


def test_an_offering_list_holds_the_place_for_the_first_in_line(db, line):
    people, references = line("offer", 2)
    bookings.cancel(db, people[0], references[0], NOW)
    offered = state(db, people[1], references[1])
    assert offered["state"] == "offered"
    assert offered["offer"] == {"expires_at": NOW + timedelta(hours=48)}
    assert offered["position"] is None
    assert Session.locked(db, "march").left("in_room") == 0


def test_accepting_confirms_the_place_that_was_held(db, line):
    people, references = line("offer", 1)
    bookings.cancel(db, people[0], references[0], NOW)
    assert bookings.accept(db, people[1], references[1], NOW)["state"] == "confirmed"
    assert Session.locked(db, "march").taken("in_room") == 1


def test_declining_ends_the_booking_and_passes_the_place_on(db, line):
    people, references = line("offer", 2)
    bookings.cancel(db, people[0], references[0], NOW)
    assert bookings.decline(db, people[1], references[1], NOW)["state"] == "cancelled"
    assert state(db, people[2], references[2])["state"] == "offered"


def test_a_declined_or_cancelled_booking_never_comes_back_to_life(db, line):
    people, references = line("offer", 1)
    bookings.cancel(db, people[0], references[0], NOW)
    bookings.decline(db, people[1], references[1], NOW)
    for verb in (bookings.accept, bookings.decline):
        for person, reference in zip(people, references, strict=True):
            with pytest.raises(NothingOffered):
                verb(db, person, reference, NOW)


def test_an_offer_cannot_be_accepted_once_it_has_run_out(db, line):
    people, references = line("offer", 1)
    bookings.cancel(db, people[0], references[0], NOW)
    with pytest.raises(OfferExpired):
        bookings.accept(db, people[1], references[1], NOW + timedelta(hours=48))


def test_who_lets_an_offer_run_out_goes_to_the_end_of_the_line_once_and_out_of_it_the_second_time(db, line):
    people, references = line("offer", 2)
    bookings.cancel(db, people[0], references[0], NOW)
    first, second = NOW + timedelta(hours=48), NOW + timedelta(hours=96)
    waiting_list.pass_on_expired(db, first)
    assert state(db, people[1], references[1])["position"] == 1
    assert state(db, people[2], references[2])["state"] == "offered"
    waiting_list.pass_on_expired(db, second)
    assert state(db, people[1], references[1])["state"] == "offered"
    assert state(db, people[2], references[2])["position"] == 1
    waiting_list.pass_on_expired(db, NOW + timedelta(hours=144))
    assert state(db, people[1], references[1])["state"] == "cancelled"
    assert state(db, people[2], references[2])["state"] == "offered"
    with pytest.raises(OfferExpired):
        bookings.accept(db, people[1], references[1], NOW)


def test_expiring_twice_at_once_takes_effect_once(db, line):
    people, references = line("offer", 1)
    bookings.cancel(db, people[0], references[0], NOW)
    for _ in range(2):
        waiting_list.pass_on_expired(db, NOW + timedelta(hours=48))
    assert state(db, people[1], references[1])["state"] == "offered"
    assert [e.type.split(".")[1] for e in events(db, references[1])].count("offer_expired") == 1


def test_in_the_last_two_hours_nothing_is_offered_and_a_free_place_goes_to_whoever_books(db, line, person):
    people, references = line("offer", 1)
    late = START - timedelta(hours=1)
    bookings.cancel(db, people[0], references[0], late)
    assert state(db, people[1], references[1])["state"] == "waiting"
    assert bookings.book(db, person("quick"), late, "march")["state"] == "confirmed"


def test_nothing_is_passed_on_once_the_session_has_started(db, line):
    people, references = line("automatic", 1)
    bookings.cancel(db, people[0], references[0], START)
    assert state(db, people[1], references[1])["state"] == "waiting"


def test_somebody_who_leaves_the_line_moves_those_behind_up(db, line):
    people, references = line("automatic", 3)
    bookings.cancel(db, people[1], references[1], NOW)
    positions = [state(db, p, r)["position"] for p, r in zip(people[2:], references[2:], strict=True)]
    assert positions == [1, 2]


def test_more_places_are_passed_on_in_the_same_transaction(db, line, told):
    people, references = line("automatic", 3)
    told(places_in_room=3, waiting_list="automatic")
    states = [state(db, p, r)["state"] for p, r in zip(people, references, strict=True)]
    assert states == ["confirmed", "confirmed", "confirmed", "waiting"]


def test_fewer_places_make_the_latest_confirmed_the_first_waiting(db, told, person):
    told(places_in_room=3)
    people = [person(f"p{n}") for n in range(4)]
    references = [
        bookings.book(db, each, NOW + timedelta(minutes=n), "march")["reference"] for n, each in enumerate(people)
    ]
    told(places_in_room=1)
    seen = [state(db, p, r) for p, r in zip(people, references, strict=True)]
    assert [s["state"] for s in seen] == ["confirmed", "waiting", "waiting", "waiting"]
    assert [s["position"] for s in seen] == [None, 1, 2, 3]
    demoted = events(db, references[1])[-1].data
    assert (demoted["cause"], demoted["was_confirmed"], demoted["position"]) == ("places_reduced", True, 1)


def test_each_change_of_a_booking_counts_its_version_up(db, line):
    people, references = line("offer", 1)
    bookings.cancel(db, people[0], references[0], NOW)
    bookings.accept(db, people[1], references[1], NOW)
    bookings.cancel(db, people[1], references[1], NOW)
    assert [e.version for e in events(db, references[1])] == [1, 2, 3, 4]
