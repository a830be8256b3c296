"""Whoever gives up a place after the programme's deadline has cancelled late; lists and histories say so."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from services.registration import my_data
from services.registration.attendance import recording
from services.registration.models import Booking
from services.registration.places import bookings, history, lookup
from services.runtime.refusals import Invalid
from tests.registration.conftest import NOW, START

DEADLINE = START - timedelta(days=3)
LATE = DEADLINE + timedelta(minutes=1)


@pytest.fixture
def amina(person):
    return person("amina")


@pytest.fixture
def place(db, told, amina):
    told(places_in_room=1, cancel_days=3)
    return bookings.book(db, amina, NOW, "march")["reference"]


def of(db, reference):
    return db.scalar(select(Booking).where(Booking.reference == reference))


@pytest.mark.parametrize(
    ("at", "late"), [(DEADLINE, False), (LATE, True), (START, True), (START + timedelta(hours=1), True)]
)
def test_late_is_after_the_deadline_also_once_it_has_begun(db, place, amina, at, late):
    assert bookings.cancel(db, amina, place, at)["cancelled_late"] is late
    assert lookup.one(db, amina, place, at)["cancelled_late"] is late
    assert history.page(db, of(db, place), True, None, 10)["items"][-1]["late"] is late


def test_without_a_deadline_nobody_is_late(db, told, amina, place):
    told(places_in_room=1, cancel_days=None)
    assert not bookings.cancel(db, amina, place, LATE)["cancelled_late"]


def test_who_only_waited_gave_up_no_place(db, person, place):
    ben = person("ben")
    waits = bookings.book(db, ben, NOW, "march")["reference"]
    assert not bookings.cancel(db, ben, waits, LATE)["cancelled_late"]


def test_those_who_were_late_can_be_asked_for(db, told, amina, person, place):
    told(places_in_room=3, cancel_days=3)
    ben, cleo = person("ben"), person("cleo")
    others = [bookings.book(db, who, NOW, "march")["reference"] for who in (ben, cleo)]
    bookings.cancel(db, ben, others[0], NOW)
    bookings.cancel(db, amina, place, LATE)

    def found(state):
        return [row["reference"] for row in lookup.page_of_session(db, "march", LATE, None, 10, state)["items"]]

    assert (found("cancelled_late"), found("cancelled")) == ([place], [place, others[0]])
    with pytest.raises(Invalid):
        found("late")


def test_who_was_there_before_they_cancelled_has_not_stayed_away(db, told, amina, person, place):
    tess = person("tess", granted=["team"])
    first, second = START, START + timedelta(days=7)
    meetings = [{"starts_at": at, "ends_at": at + timedelta(hours=2)} for at in (first, second)]
    told(places_in_room=1, cancel_days=3, meetings=meetings)
    came = [{"reference": place, "meeting": 1, "present": True}]
    recording.record(db, tess, "march", came, "list", START + timedelta(hours=1))
    shown = bookings.cancel(db, amina, place, START + timedelta(days=1))
    assert (shown["state"], shown["cancelled_late"]) == ("partly_attended", False)
    assert lookup.page_of_session(db, "march", LATE, None, 10, "cancelled_late")["items"] == []


def test_it_is_in_the_export_of_what_is_held_on_a_person(db, amina, place):
    bookings.cancel(db, amina, place, LATE)
    held = my_data.export(db, amina)
    assert held["bookings"][0]["cancelled_late"] is True
    assert [entry["late"] for entry in held["history"]] == [False, True]
