"""The history of a booking, and what the team does in others' names: recorded, with who and why."""

from datetime import timedelta

import pytest

from services.registration import moves, my_data
from services.registration.errors import AlreadyBooked, SessionFull
from services.registration.models import Booking, Change, Session
from services.registration.places import bookings, history
from services.runtime.refusals import Invalid, NotFound
from tests.registration.conftest import NOW, START
from tests.registration.meetings import meeting


def told_of(db, reference, team=False, limit=50):
    booking = db.query(Booking).filter_by(reference=reference).one()
    return history.page(db, booking, team, None, limit)["items"]


@pytest.fixture
def tess(person):
    return person("tess", granted=["team"])


def test_every_change_is_there_with_when_why_and_by_whom(db, told, person, tess):
    told("march", places_in_room=1), told("april", meetings=[meeting(START + timedelta(days=7))])
    amina, ben = person("amina"), person("ben")
    first = bookings.book(db, ben, NOW, "march")["reference"]
    hers = bookings.book(db, amina, NOW, "march")["reference"]
    bookings.cancel(db, tess, first, NOW, reason="He rang to say so.")
    moves.move(db, amina, hers, NOW + timedelta(hours=1), "april")
    entries = [(e["what"], e["cause"], e["by"], e["state"], e["session"]) for e in told_of(db, hers)]
    assert entries == [
        ("booking_waitlisted", "joined", "person", "waiting", "march"),
        ("booking_confirmed", "promoted", "system", "confirmed", "march"),
        ("booking_moved", "moved", "person", "confirmed", "april"),
    ]
    last = told_of(db, first, team=True)[-1]
    assert (last["by"], last["reason"], last["actor"]) == ("team", "He rang to say so.", "Tess")
    assert "actor" not in told_of(db, first)[-1]


def test_a_history_is_paged(db, told, person, tess):
    told()
    reference = bookings.book(db, person(), NOW, "march")["reference"]
    booking = db.query(Booking).filter_by(reference=reference).one()
    for n in range(3):
        history.note(db, booking, f"Note {n}", NOW, tess)
    db.flush()
    first = history.page(db, booking, True, None, 2)
    second = history.page(db, booking, True, first["next"], 2)
    assert [e["reason"] for e in (*first["items"], *second["items"])] == [None, "Note 0", "Note 1", "Note 2"]
    assert second["next"] is None


def test_notes_are_for_the_team_alone(db, told, person, tess):
    told()
    amina = person()
    reference = bookings.book(db, amina, NOW, "march")["reference"]
    history.note(db, db.query(Booking).one(), "Needs a quiet corner.", NOW, tess)
    db.flush()
    assert [e["what"] for e in told_of(db, reference)] == ["booking_confirmed"]
    assert told_of(db, reference, team=True)[-1]["reason"] == "Needs a quiet corner."
    assert "quiet corner" in str(my_data.export(db, amina)["history"])  # what is held on her is hers to have


def test_erasure_leaves_of_a_history_what_happened_when(db, told, person, tess):
    told()
    amina = person()
    reference = bookings.book(db, amina, NOW, "march")["reference"]
    history.note(db, db.query(Booking).one(), "Amina Khan rang.", NOW, tess)
    bookings.cancel(db, amina, reference, NOW, reason="My mother is ill.")
    my_data.erase(db, amina, NOW)
    left = [(change.what, change.reason) for change in db.query(Change).order_by(Change.id)]
    assert left == [("booking_confirmed", None), ("booking_cancelled", None)]


def test_the_team_books_for_somebody_who_has_no_account_yet(db, told, tess):
    told()
    booked = bookings.book_for(db, tess, NOW, "march", "new@example.org", name="Nia New", access_needs="A loop")
    assert (booked["state"], booked["access_needs"]) == ("confirmed", "A loop")
    assert (booked["person"].email, booked["person"].name) == ("new@example.org", "Nia New")
    assert told_of(db, booked["reference"])[0]["by"] == "team"
    with pytest.raises(AlreadyBooked):
        bookings.book_for(db, tess, NOW, "march", "new@example.org")


def test_a_place_beyond_the_capacity_needs_a_reason_and_is_recorded(db, told, person, tess):
    told(places_in_room=1)
    bookings.book(db, person("amina"), NOW, "march")
    with pytest.raises(Invalid):
        bookings.book_for(db, tess, NOW, "march", "x@example.org", over_capacity=True)
    extra = bookings.book_for(db, tess, NOW, "march", "x@example.org", over_capacity=True, reason="She speaks.")
    session = db.get_one(Session, "march")
    assert extra["state"] == "confirmed"
    assert (session.taken_in_room, session.extra_in_room, session.left("in_room")) == (1, 1, 0)
    entry = told_of(db, extra["reference"], team=True)[0]
    assert (entry["cause"], entry["reason"], entry["actor"]) == ("over_capacity", "She speaks.", "Tess")


def test_with_a_place_free_nothing_goes_beyond_the_capacity(db, told, tess):
    told(places_in_room=1)
    bookings.book_for(db, tess, NOW, "march", "x@example.org", over_capacity=True, reason="She speaks.")
    assert db.get_one(Session, "march").extra_in_room == 0


def test_an_extra_place_that_is_given_up_frees_no_place(db, told, person, tess):
    told(places_in_room=1)
    bookings.book(db, person("amina"), NOW, "march")
    extra = bookings.book_for(db, tess, NOW, "march", "x@example.org", over_capacity=True, reason="She speaks.")
    waits = bookings.book(db, person("ben"), NOW, "march")
    bookings.cancel(db, tess, extra["reference"], NOW)
    assert db.query(Booking).filter_by(reference=waits["reference"]).one().state == "waiting"
    session = db.get_one(Session, "march")
    assert (session.taken_in_room, session.extra_in_room) == (1, 0)


def test_the_team_books_before_booking_opens_and_may_be_refused(db, told, tess):
    told(places_in_room=1, booking_opens_at=NOW + timedelta(days=1))
    assert bookings.book_for(db, tess, NOW, "march", "x@example.org")["state"] == "confirmed"
    with pytest.raises(SessionFull):
        bookings.book_for(db, tess, NOW, "march", "y@example.org", if_full="refuse")
    with pytest.raises(NotFound):
        bookings.book_for(db, tess, NOW, "nowhere", "x@example.org")
