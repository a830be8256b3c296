"""What the community knows is what the events told, in whatever order they came."""

import pytest
from sqlalchemy import select

from services.bus.replica import NotYetKnown
from services.community import people
from services.community.models import Booking, Employment, Person, Presence, Reached, Sector, Session
from tests.community.conftest import START, id_of
from tests.community.membership import DAY


def jobs(db, who):
    theirs = select(Employment).where(Employment.person == id_of(who)).order_by(Employment.since, Employment.id)
    return [(job.sector, job.organisation) for job in db.scalars(theirs)]


def since(db, who):
    """Return where someone worked, and from when on."""
    theirs = select(Employment).where(Employment.person == id_of(who)).order_by(Employment.since, Employment.id)
    return [(job.organisation, job.since) for job in db.scalars(theirs)]


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


def job(organisation, since=None, sector="hospital"):
    return {"sector": sector, "organisation": organisation, "since": since}


class TestEmploymentsAsTold:
    """Registration knows the days; a release before it told only what is so now."""

    def test_each_is_kept_from_its_first_day(self, world, db):
        world.person("amina", employments=[job("Elm Court", START - DAY), job("General Hospital", START + DAY)])
        assert since(db, "amina") == [("Elm Court", START - DAY), ("General Hospital", START + DAY)]

    def test_what_was_wrong_is_in_no_figure_any_more(self, world, db):
        world.session(), world.person("amina", organisation="Typo"), world.booking("amina")
        world.person("amina", employments=[job("General Hospital")])
        assert [name for name, _ in since(db, "amina")] == ["General Hospital"]
        assert db.scalars(select(Reached.organisation)).all() == ["General Hospital"]

    def test_what_they_attended_counts_where_they_worked_then(self, world, db):
        world.session(), world.person("amina", organisation="Elm Court"), world.booking("amina")
        world.person("amina", employments=[job("Elm Court"), job("General Hospital", START + DAY)])
        assert db.scalars(select(Reached.organisation)).all() == ["Elm Court"]
        world.person("amina", employments=[job("Elm Court"), job("General Hospital", START - DAY)])
        assert db.scalars(select(Reached.organisation)).all() == ["General Hospital"]

    def test_one_without_a_first_day_was_always_there_beside_others(self, world, db):
        world.person("amina", employments=[job("Elm Court"), job("General Hospital", START)])
        assert since(db, "amina") == [("Elm Court", people.ALWAYS), ("General Hospital", START)]

    def test_what_was_heard_before_registration_knew_of_days_stays(self, world, db):
        world.person("amina", organisation="Elm Court")
        world.person("amina", organisation="General Hospital")
        before = since(db, "amina")
        world.person("amina", employments=[job("General Hospital")])
        assert since(db, "amina") == before

    def test_the_same_again_changes_nothing(self, world, db):
        told = [job("Elm Court"), job("General Hospital", START)]
        world.person("amina", employments=told)
        rows = db.scalars(select(Employment.id)).all()
        world.person("amina", employments=told)
        assert db.scalars(select(Employment.id)).all() == rows

    def test_none_of_them_is_none_here(self, world, db):
        world.person("amina")
        world.person("amina", sector=None, organisation=None, employments=[])
        assert since(db, "amina") == []


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
