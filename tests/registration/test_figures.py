"""What is told of the places is what whoever books then finds."""

from datetime import timedelta

import pytest

from services.registration import moves
from services.registration.models import Session
from services.registration.places import bookings, figures, waiting_list
from tests.registration.conftest import NOW, START

UNTIL = NOW + timedelta(days=7)
LATER = UNTIL + timedelta(days=1)


def held(sector="citizen", places=1, until=UNTIL):
    return {"sector": sector, "places": places, "until": until}


def opened(in_room=0, online=0, since=None):
    return {"from": since, "in_room": in_room, "online": online}


@pytest.fixture
def told_now(db):
    def told_now(now=NOW):
        return figures.of_session(db.get_one(Session, "march"), now)

    return told_now


@pytest.fixture
def book(db, person):
    def book(who, sector="hospital", now=NOW, **said):
        return bookings.book(db, person(who, sector=sector), now, "march", **said)["state"]

    return book


def test_without_held_places_all_that_are_left_are_open(told, told_now, book):
    told(places_in_room=2, places_online=1)
    assert told_now()["open"] == [opened(2, 1)]
    book("amina", mode="in_room")
    assert told_now()["open"] == [opened(1, 1)]


def test_what_is_held_is_open_once_it_is_let_go(told, told_now, book):
    told(places_in_room=4, places_online=1, held_places=[held(), held("council", 2, LATER)])
    assert told_now()["open"] == [opened(1, 1), opened(2, 1, UNTIL), opened(4, 1, LATER)]
    book("amina", mode="in_room")
    assert told_now()["open"] == [opened(0, 1), opened(1, 1, UNTIL), opened(3, 1, LATER)]
    assert told_now(UNTIL)["open"] == [opened(1, 1), opened(3, 1, LATER)]


def test_in_a_session_without_a_room_places_are_held_online(told, told_now):
    told(places_in_room=0, places_online=1, held_places=[held()])
    assert told_now()["open"] == [opened(), opened(0, 1, UNTIL)]


@pytest.mark.parametrize(("people", "left_over"), [(1, 1), (2, 0), (3, 0)])
def test_of_places_that_will_be_let_go_those_who_wait_have_theirs_first(db, told, told_now, book, people, left_over):
    told(places_in_room=2, held_places=[held(places=2)])
    assert {book(f"p{n}") for n in range(people)} == {"waiting"}
    promised = [opened(), opened(left_over, since=UNTIL)]
    assert told_now()["open"] == promised
    waiting_list.release_held(db, UNTIL)
    assert told_now(UNTIL)["open"] == [opened(left_over)]
    assert book("late", now=UNTIL) == ("confirmed" if left_over else "waiting")


def test_what_is_let_go_too_late_to_be_offered_is_open_to_whoever_books(db, told, told_now, book):
    late = START - timedelta(hours=1)
    told(places_in_room=1, waiting_list="offer", held_places=[held(until=late)])
    assert book("amina") == "waiting"
    assert told_now()["open"] == [opened(), opened(1, since=late)]
    waiting_list.release_held(db, late)
    assert told_now(late)["open"] == [opened(1)]
    assert book("ben", now=late) == "confirmed"


def test_the_moment_before_the_timer_lets_go_of_places_promises_nothing_that_others_wait_for(told, told_now, book):
    told(places_in_room=1, held_places=[held()])
    assert book("amina") == "waiting"
    assert told_now(UNTIL)["open"] == [opened()]
    assert book("ben", now=UNTIL) == "waiting"


def test_no_more_is_said_to_be_held_than_is_left_for_somebody(told, told_now, book):
    told(places_in_room=2)
    book("amina")
    told(places_in_room=2, held_places=[held(places=2)])
    assert (told_now()["held"], told_now()["open"][0]) == ({"citizen": 1}, opened())
    told(places_in_room=2, held_places=[held(places=1), held("council", places=1)])
    assert (told_now()["held"], told_now()["open"][0]) == ({"citizen": 0, "council": 0}, opened())
    assert book("carol", "citizen") == "waiting"


def test_places_beyond_the_capacity_are_not_open(db, told, told_now, person):
    told(places_in_room=1)
    tess = person("tess", granted=["team"])
    for who in ("a", "b"):
        bookings.book_for(db, tess, NOW, "march", f"{who}@example.org", over_capacity=True, reason="They speak.")
    assert told_now()["open"] == [opened()]
    assert told_now()["places"]["in_room"] == {"capacity": 1, "left": 0}
    assert told_now()["over"] == {"in_room": 1, "online": 0}, "they are counted apart"
    told(places_in_room=2)
    assert told_now()["over"] == {"in_room": 0, "online": 0}, "a place that is added takes them in"


def test_the_answer_to_the_team_says_which_figures_follow_and_that_to_others_does_not(db, told, person):
    """The team's next page waits for them; whoever books for themselves has no figures before them."""
    told(places_in_room=1, places_online=1), told("april", places_in_room=3)
    amina, tess = person("amina"), person("tess", granted=["team"])

    def announced(work, *args, **said):
        db.info.pop("announced", None)
        subject, version = work(db, *args, **said) and db.info["announced"]
        slug = subject.removeprefix("figures/")
        return slug if subject != slug and version == db.get_one(Session, slug).version else None

    reference = bookings.book(db, amina, NOW, "march", mode="in_room")["reference"]
    assert announced(bookings.book_for, tess, NOW, "march", "b@example.org", mode="in_room") == "march"
    assert announced(moves.move, amina, reference, NOW, mode="online") is None
    assert announced(moves.move, tess, reference, NOW, mode="in_room") == "march"
    assert announced(moves.move, tess, reference, NOW, "april") == "april"
    assert announced(moves.move, amina, reference, NOW, "march", mode="online") is None
    assert announced(bookings.cancel, tess, reference, NOW) == "march"
    again = bookings.book(db, amina, NOW, "april")["reference"]
    assert announced(bookings.cancel, amina, again, NOW) is None


def test_the_figures_say_which_version_of_the_session_they_follow(told, told_now, book):
    version = told().catalogue_version
    book("amina")
    assert told_now()["catalogue_version"] == version
