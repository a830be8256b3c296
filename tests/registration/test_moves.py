"""Clashes and moves: nobody is in two places at once unknowingly, and nobody loses a place by trying for another."""

from datetime import timedelta

import pytest

from services.registration import moves
from services.registration.errors import AlreadyBooked, BookingClosed, Clash, SessionCancelled, SessionFull
from services.registration.models import Session
from services.registration.places import bookings, clashes, lookup
from services.runtime.refusals import Invalid, NotFound
from tests.registration.conftest import NOW, START
from tests.registration.meetings import HOUR, meeting


@pytest.mark.parametrize(
    ("one", "other", "way", "do"),
    [
        ((0, 2), (1, 3), 0, True),
        ((0, 2), (2, 3), 0, False),
        ((2, 3), (0, 2), 0, False),
        ((0, 5), (1, 2), 0, True),
        ((1, 2), (0, 5), 0, True),
        ((0, 2), (2, 3), 1, True),
        ((0, 2), (3, 4), 1, False),
        ((3, 4), (0, 2), 1, False),
        ((3, 4), (0, 2), 2, True),
    ],
)
def test_meetings_overlap_if_one_begins_before_the_other_has_ended_and_the_way_is_made(one, other, way, do):
    def at(hours):
        return [(START + hours[0] * HOUR, START + hours[1] * HOUR)]

    assert clashes.overlap(at(one), at(other), way * HOUR) is do


def test_a_session_that_overlaps_another_booking_is_refused_with_that_bookings_reference(db, told, person):
    amina = person()
    told("march"), told("april", meetings=[meeting(START + HOUR)])
    first = bookings.book(db, amina, NOW, "march")
    with pytest.raises(Clash) as refusal:
        bookings.book(db, amina, NOW, "april")
    assert refusal.value.facts["reference"] == first["reference"]
    assert db.get_one(Session, "april").taken_in_room == 0
    assert bookings.book(db, amina, NOW, "april", allow_clash=True)["state"] == "confirmed"


def test_any_meeting_of_either_counts(db, told, person):
    amina = person()
    told("march", meetings=[meeting(START), meeting(START + timedelta(days=14))])
    told("april", meetings=[meeting(START - timedelta(days=7)), meeting(START + timedelta(days=14))])
    bookings.book(db, amina, NOW, "march")
    with pytest.raises(Clash):
        bookings.book(db, amina, NOW, "april")


def test_between_meetings_there_is_time_for_others(db, told, person):
    amina = person()
    told("march", meetings=[meeting(START), meeting(START + timedelta(days=14))])
    told("april", meetings=[meeting(START + timedelta(days=7))])
    bookings.book(db, amina, NOW, "march")
    assert bookings.book(db, amina, NOW, "april")["state"] == "confirmed"


def test_the_way_to_a_session_counts(db, told, person):
    amina = person()
    told("march", meetings=[meeting(START)])
    told("april", meetings=[meeting(START + HOUR)], travel_minutes=30)
    bookings.book(db, amina, NOW, "march")
    with pytest.raises(Clash):
        bookings.book(db, amina, NOW, "april")


def test_only_what_is_confirmed_and_still_on_stands_in_the_way(db, told, person):
    amina, ben = person("amina"), person("ben")
    told("march", places_in_room=1), told("april"), told("may")
    bookings.book(db, ben, NOW, "march")
    assert bookings.book(db, amina, NOW, "march")["state"] == "waiting"
    april = bookings.book(db, amina, NOW, "april")
    bookings.cancel(db, amina, april["reference"], NOW)
    assert bookings.book(db, amina, NOW, "may")["state"] == "confirmed"


def test_a_place_on_offer_that_clashes_by_now_is_taken_only_knowingly(db, told, person):
    amina, ben = person("amina"), person("ben")
    told("march", places_in_room=1, waiting_list="offer"), told("april")
    booked = bookings.book(db, ben, NOW, "march")
    waits = bookings.book(db, amina, NOW, "march")
    bookings.book(db, amina, NOW, "april")
    bookings.cancel(db, ben, booked["reference"], NOW)
    with pytest.raises(Clash):
        bookings.accept(db, amina, waits["reference"], NOW)
    assert bookings.accept(db, amina, waits["reference"], NOW, allow_clash=True)["state"] == "confirmed"


@pytest.fixture
def booked(db, told, person):
    """Amina has a place in march, of one; ben waits for it; april is a week later."""
    told("march", places_in_room=1)
    told("april", places_in_room=1, meetings=[meeting(START + timedelta(days=7))])
    amina, ben = person("amina"), person("ben")
    return amina, ben, *(bookings.book(db, each, NOW, "march")["reference"] for each in (amina, ben))


def state(db, person, reference):
    shown = lookup.one(db, person, reference, NOW)
    return shown["session"], shown["state"]


def test_a_booking_moves_under_its_reference_and_its_place_goes_to_the_next_in_line(db, booked):
    amina, ben, hers, his = booked
    moved = moves.move(db, amina, hers, NOW, "april")
    assert (moved["reference"], moved["session"], moved["state"], moved["version"]) == (hers, "april", "confirmed", 2)
    assert state(db, ben, his) == ("march", "confirmed")
    assert [db.get_one(Session, slug).taken_in_room for slug in ("march", "april")] == [1, 1]


def test_the_old_place_is_kept_if_the_new_session_is_full(db, booked, person):
    amina, ben, hers, his = booked
    bookings.book(db, person("carol"), NOW, "april")
    with pytest.raises(SessionFull):
        moves.move(db, amina, hers, NOW, "april")
    assert state(db, amina, hers) == ("march", "confirmed")
    assert state(db, ben, his) == ("march", "waiting")


def test_somebody_who_waits_may_move_to_where_there_is_room(db, booked):
    _, ben, _, his = booked
    assert moves.move(db, ben, his, NOW, "april")["state"] == "confirmed"
    assert db.get_one(Session, "march").waiting_in_room == 0


def test_the_team_may_move_anybody_and_another_person_nobody(db, booked, person):
    _, ben, hers, _ = booked
    with pytest.raises(NotFound):
        moves.move(db, ben, hers, NOW, "april")
    tess = person("tess", granted=["team"])
    with pytest.raises(NotFound):
        moves.move(db, tess, hers, NOW, "april", own=True)
    assert moves.move(db, tess, hers, NOW, "april")["session"] == "april"


def test_a_move_stays_within_the_programme(db, booked, told):
    amina, _, hers, _ = booked
    told("other", programme="talks")
    for slug in ("other", "march"):
        with pytest.raises(Invalid):
            moves.move(db, amina, hers, NOW, slug)
    with pytest.raises(NotFound):
        moves.move(db, amina, hers, NOW, "nowhere")


def test_nobody_has_two_places_in_a_session_by_moving(db, booked):
    amina, _, hers, _ = booked
    april = bookings.book(db, amina, NOW, "april")
    with pytest.raises(AlreadyBooked) as refusal:
        moves.move(db, amina, hers, NOW, "april")
    assert refusal.value.facts["reference"] == april["reference"]


def test_a_move_into_a_clash_is_refused_and_the_booking_that_moves_is_none(db, told, person):
    amina = person()
    told("march"), told("late", meetings=[meeting(START + HOUR)]), told("april", meetings=[meeting(START + 30 * HOUR)])
    march = bookings.book(db, amina, NOW, "march")
    april = bookings.book(db, amina, NOW, "april")
    with pytest.raises(Clash):
        moves.move(db, amina, april["reference"], NOW, "late")
    assert moves.move(db, amina, march["reference"], NOW, "late")["state"] == "confirmed"


def test_what_is_over_cancelled_or_called_off_does_not_move(db, booked, told):
    amina, ben, hers, his = booked
    with pytest.raises(BookingClosed):
        moves.move(db, amina, hers, START, "april")
    told("may", status="cancelled")
    with pytest.raises(SessionCancelled):
        moves.move(db, amina, hers, NOW, "may")
    bookings.cancel(db, ben, his, NOW)
    with pytest.raises(BookingClosed):
        moves.move(db, ben, his, NOW, "april")


def test_a_move_takes_the_mode_that_was_booked_or_the_one_that_there_is(db, told, person):
    amina = person()
    told("march"), told("online", places_in_room=0, places_online=5, meetings=[meeting(START + 30 * HOUR)])
    hers = bookings.book(db, amina, NOW, "march")["reference"]
    assert moves.move(db, amina, hers, NOW, "online")["mode"] == "online"
    told("both", places_in_room=5, places_online=5, meetings=[meeting(START + 60 * HOUR)])
    assert moves.move(db, amina, hers, NOW, "both")["mode"] == "online"
    assert db.get_one(Session, "online").taken_online == 0
