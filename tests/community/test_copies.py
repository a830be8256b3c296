"""What the community knows is what the events told, in whatever order they came."""

import pytest
from sqlalchemy import select

from services.bus.replica import NotYetKnown
from services.community.models import Booking, Employment, Person, Presence, Sector, Session
from tests.community.conftest import START, id_of


def jobs(db, who):
    theirs = select(Employment).where(Employment.person == id_of(who)).order_by(Employment.since, Employment.id)
    return [(job.sector, job.organisation) for job in db.scalars(theirs)]


def presences(db):
    return {(row.session, row.meeting, row.person) for row in db.scalars(select(Presence))}


def test_sectors_are_kept_with_their_workforce_and_none_is_lost(world, db):
    world.city(hospital=16500, citizen=None)
    world.city(hospital=17000)
    assert {row.code: row.workforce for row in db.scalars(select(Sector))} == {"hospital": 17000, "citizen": None}


def test_a_session_is_kept_as_it_was_told_last(world, db):
    world.session(version=2, title="Later", meetings=2)
    world.session(version=1, title="Earlier")
    session = db.get(Session, "march")
    assert (session.title, session.version, len(session.meetings)) == ("Later", 2, 2)
    assert session.begins_at == START


def test_a_session_that_is_called_back_is_published_again_with_its_people(world, db):
    world.person("amina", "hospital", "General Hospital")
    world.session(version=1)
    world.booking("amina", version=1)
    world.session(version=2, status="cancelled")
    world.booking("amina", state="cancelled", version=2)
    world.session(version=3)
    world.booking("amina", version=3)
    assert db.get(Session, "march").status == "published"
    assert [booking.state for booking in db.scalars(select(Booking))] == ["confirmed"]


def test_a_person_who_changes_employer_is_the_same_person_with_one_employment_more(world, db):
    world.person("amina", "hospital", "General Hospital")
    world.person("amina", "hospital", "General Hospital", name="Amina Khan")
    world.person("amina", "third_sector", "Elm Court")
    assert jobs(db, "amina") == [("hospital", "General Hospital"), ("third_sector", "Elm Court")]
    assert db.get(Person, id_of("amina")).organisation == "Elm Court"


def test_whoever_has_not_said_where_they_work_has_no_employment(world, db):
    world.person("amina", sector=None, organisation=None)
    assert jobs(db, "amina") == []


def test_news_that_is_older_changes_nothing(world, db):
    world.person("amina", "hospital", "New", version=3)
    world.person("amina", "hospital", "Old", version=2)
    world.booking("amina", state="cancelled", version=5)
    world.booking("amina", state="confirmed", version=4)
    assert jobs(db, "amina") == [("hospital", "New")]
    assert [booking.state for booking in db.scalars(select(Booking))] == ["cancelled"]


def test_a_booking_of_somebody_unknown_waits_for_them(world):
    with pytest.raises(NotYetKnown):
        world.booking("amina")


def test_attendance_waits_for_its_booking(world):
    world.person("amina")
    with pytest.raises(NotYetKnown):
        world.attendance("amina")


def test_who_was_at_which_meeting_follows_corrections(world, db):
    amina = world.person("amina")
    world.session(meetings=2)
    world.booking("amina")
    world.attendance("amina", "march", True, False, state="partly_attended")
    assert presences(db) == {("march", 1, amina)}
    world.attendance("amina", "march", False, True, state="partly_attended")
    assert presences(db) == {("march", 2, amina)}
    world.attendance("amina", "march", False, False, state="absent")
    assert presences(db) == set()
    assert [booking.attendance for booking in db.scalars(select(Booking))] == ["absent"]


def test_whoever_has_only_checked_in_is_there_and_has_attended_nothing_yet(world, db):
    amina = world.person("amina")
    world.booking("amina")
    world.attendance("amina", "march", True, state="confirmed")
    assert presences(db) == {("march", 1, amina)}
    assert [booking.attendance for booking in db.scalars(select(Booking))] == [None]


def test_a_booking_that_moves_leaves_behind_who_was_there(world, db):
    world.person("amina")
    reference = world.booking("amina")
    world.attendance("amina")
    world.booking("amina", "june", reference=reference)
    assert presences(db) == set()
    assert [(booking.session, booking.attendance) for booking in db.scalars(select(Booking))] == [("june", None)]


def test_whoever_is_erased_is_forgotten_and_no_late_event_brings_them_back(world, db):
    world.person("amina")
    world.attended("march", "amina")
    world.erase("amina")
    world.person("amina", version=99)
    world.booking("amina", version=99)
    person = db.get(Person, id_of("amina"))
    assert (person.erased, person.name, person.email, person.organisation) == (True, None, None, None)
    assert [db.scalars(select(kept)).all() for kept in (Booking, Presence, Employment)] == [[], [], []]
