"""Who came is who came: added at the door, let in from the waiting list, and counted after a cancellation."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from services.registration import my_data
from services.registration.accounts import people
from services.registration.attendance import arriving, certificates, reading, recording
from services.registration.errors import AttendanceTooEarly, SessionCancelled, SessionFinished
from services.registration.models import Booking, Person, Session
from services.registration.places import bookings, history, lookup
from services.runtime.refusals import Invalid
from tests.registration.attendance import announced, seen
from tests.registration.conftest import NOW, START
from tests.registration.kept import let_go
from tests.registration.meetings import AFTER, HOUR, SPANS, TWO_MEETINGS
from tests.registration.rules import check_places


@pytest.fixture
def team(person):
    return person("team", granted=["team"])


@pytest.fixture
def march(db, told, person):
    """A session of two meetings and two places, both taken, with one person waiting."""
    told(meetings=TWO_MEETINGS)
    return {name: bookings.book(db, person(name), NOW, "march")["reference"] for name in ("amina", "ben", "cleo")}


def add(db, caller, now=START, meeting=1, **said):
    return arriving.add(db, caller, "march", now, meeting, **said)


def states(db):
    return {b.person_id: (b.state, b.extra, b.shown_state) for b in db.scalars(select(Booking))}


def test_someone_without_a_booking_is_added_at_the_door_of_a_full_session(db, march, team):
    """Reported elsewhere: nobody can be added at the door."""
    got = add(db, team, email="dan@example.org", name="Dan", sector="citizen", organisation="Hyde Park")
    dan = db.scalar(select(Person).where(Person.email == "dan@example.org"))
    assert (dan.name, dan.sector, dan.organisation) == ("Dan", "citizen", "Hyde Park")
    assert (got["state"], got["attended_share"], [r["meeting"] for r in got["records"]]) == ("confirmed", 0.75, [1])
    assert db.get_one(Session, "march").extra_in_room == 1
    check_places(db)
    add(db, team, SPANS[1][0], 2, email="dan@example.org")
    assert certificates.of_booking(db, team, got["reference"])["dates"] == ["2027-03-09", "2027-03-16"]


def test_a_facilitator_sees_the_name_and_no_address(db, march, person):
    got = add(db, person("fay"), email="dan@example.org", name="Dan")
    assert {*got["person"]} == {"name", "sector", "organisation", "job_role"}


def test_a_guest_is_counted_and_has_no_account(db, march, team):
    accounts = people.number(db)
    got = add(db, team, name="Pat Smith", sector="citizen")
    again = add(db, team, SPANS[1][0], 2, name=" pat  SMITH", sector="citizen")
    assert got["reference"] == again["reference"]
    assert again["state"] == "attended"
    assert people.number(db) == accounts
    assert got["person"]["email"] is None
    assert add(db, team, name="Pat Smith", sector="hospital")["reference"] != got["reference"], "another Pat Smith"


@pytest.mark.parametrize("said", [{}, {"sector": "citizen"}, {"name": None, "email": None}])
def test_a_name_or_an_address_is_needed(db, march, team, said):
    with pytest.raises(Invalid) as refused:
        add(db, team, **said)
    assert [(error["field"], error["code"]) for error in refused.value.errors] == [("name", "name-or-email")]


def test_a_sector_and_a_meeting_that_are_not_there_are_refused(db, march, team):
    with pytest.raises(Invalid) as refused:
        add(db, team, SPANS[1][1], 3, sector="navy")
    assert [(error["field"], error["code"]) for error in refused.value.errors] == [
        ("meeting", "out-of-range"),
        ("name", "name-or-email"),
        ("sector", "unknown-sector"),
    ]
    assert len(db.scalars(select(Booking)).all()) == 3


def test_it_is_open_from_an_hour_before_until_two_weeks_after_and_later_to_the_team_with_a_reason(
    db, march, team, person
):
    fay, late = person("fay"), SPANS[1][1] + timedelta(days=15)
    with pytest.raises(AttendanceTooEarly):
        add(db, team, START - timedelta(minutes=61), name="Pat")
    add(db, fay, SPANS[1][1] + timedelta(days=14), name="Pat")
    with pytest.raises(SessionFinished):
        add(db, fay, late, name="Quinn")
    with pytest.raises(Invalid) as refused:
        add(db, team, late, name="Quinn")
    assert refused.value.errors[0]["code"] == "late-reason-missing"
    got = add(db, team, late, name="Quinn", reason="The paper list was found")
    booking = db.scalar(select(Booking).where(Booking.reference == got["reference"]))
    assert history.page(db, booking, True, None, 10)["items"][0]["reason"] == "The paper list was found"


def test_nobody_is_added_to_a_cancelled_session(db, march, told, team):
    told(meetings=TWO_MEETINGS, status="cancelled")
    with pytest.raises(SessionCancelled):
        add(db, team, name="Pat")
    with pytest.raises(Invalid):
        recording.record(db, team, "march", [seen(march["amina"])], "list", START)


def test_who_waits_and_came_has_a_place_for_what_is_to_come(db, march, team):
    recording.record(db, team, "march", [seen(march["cleo"])], "list", START)
    cleo = lookup.one(db, team, march["cleo"], START)
    assert (cleo["state"], cleo["position"]) == ("confirmed", None)
    check_places(db)
    assert db.get_one(Session, "march").waiting_in_room == 0


def test_a_slip_of_the_pen_is_undone_whole(db, march, team):
    pat = add(db, team, name="Pat")["reference"]
    recording.record(db, team, "march", [seen(march["cleo"])], "list", START)
    recording.record(db, team, "march", [seen(march["cleo"], 1, False), seen(pat, 1, False)], "list", START)
    found = {b.reference: b for b in db.scalars(select(Booking))}
    assert (found[march["cleo"]].state, found[pat].state) == ("waiting", "cancelled")
    assert db.get_one(Session, "march").extra_in_room == 0
    assert [event["state"] for event in announced(db)][-2:] == ["confirmed", "absent"]
    check_places(db)


def test_who_had_cancelled_and_came_is_counted_and_stays_cancelled(db, march, team):
    bookings.cancel(db, team, march["amina"], START - HOUR)
    recording.record(db, team, "march", [seen(march["amina"])], "list", START)
    recording.record(db, team, "march", [seen(march["amina"], 2)], "list", SPANS[1][0])
    assert lookup.one(db, team, march["amina"], AFTER)["state"] == "attended"
    assert db.scalar(select(Booking.state).where(Booking.reference == march["amina"])) == "cancelled"
    check_places(db)
    recording.record(db, team, "march", [seen(march["amina"], 1, False), seen(march["amina"], 2, False)], "list", AFTER)
    assert lookup.one(db, team, march["amina"], AFTER)["state"] == "cancelled"


def test_who_cancelled_and_booked_again_is_recorded_at_the_booking_that_counts(db, told, person, team):
    told(meetings=TWO_MEETINGS)
    amina = person("amina")
    first = bookings.book(db, amina, NOW, "march")["reference"]
    bookings.cancel(db, amina, first, NOW)
    second = bookings.book(db, amina, NOW, "march")["reference"]
    with pytest.raises(Invalid) as refused:
        recording.record(db, team, "march", [seen(first)], "list", START)
    assert [(e["code"], e["limits"]) for e in refused.value.errors] == [("booked-again", {"reference": second})]
    assert add(db, team, email="amina@example.org")["reference"] == second


def test_those_who_are_not_expected_are_listed_apart_each_once(db, march, person, team):
    amina = db.get_one(Person, db.scalar(select(Booking.person_id).where(Booking.reference == march["amina"])))
    bookings.cancel(db, amina, march["amina"], NOW)  # Cleo gets the place
    again = bookings.book(db, amina, NOW, "march")["reference"]
    bookings.cancel(db, amina, again, NOW)
    listed = [[item["reference"] for item in reading.page(db, "march", None, 10, others=o)["items"]] for o in (0, 1)]
    assert listed == [[march["ben"], march["cleo"]], [again]]
    recording.record(db, team, "march", [seen(again), seen(again, 2)], "list", SPANS[1][0])
    assert again in [item["reference"] for item in reading.page(db, "march", None, 10)["items"]]
    my_data.erase(db, db.get_one(Person, amina.id), AFTER)


def test_nothing_is_recorded_of_someone_erased_who_had_cancelled(db, march, team):
    amina = db.get_one(Person, db.scalar(select(Booking.person_id).where(Booking.reference == march["amina"])))
    my_data.erase(db, amina, NOW)
    with pytest.raises(Invalid) as refused:
        recording.record(db, team, "march", [seen(march["amina"])], "list", START)
    assert refused.value.errors[0]["code"] == "no-such-booking"


def test_a_guest_s_name_is_forgotten_half_a_year_after_they_came_last(db, march, team):
    pat = add(db, team, name="Pat", sector="citizen")["reference"]
    guest = db.get_one(Person, db.scalar(select(Booking.person_id).where(Booking.reference == pat)))
    let_go(db, SPANS[1][1] + timedelta(days=183) - HOUR, "guests")
    assert guest.name == "Pat"
    let_go(db, SPANS[1][1] + timedelta(days=183), "guests")
    assert (guest.name, guest.sector, guest.erased_at is not None) == (None, "citizen", True)
    assert lookup.page_of_session(db, "march", AFTER, None, 10)["items"][-1]["reference"] == pat, "and still counted"
