"""Learning records: one for each person and session, with the hours they were there and where they worked then."""

from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from services.registration import schemas
from services.registration.accounts.employments import employed_on, organisation_then
from services.registration.attendance import recording, records
from services.registration.models import Booking, Employment, Person, Session
from services.registration.places import bookings
from services.runtime.refusals import Invalid
from tests.examples import examples
from tests.registration.conftest import NOW, START

LATER = START + timedelta(days=365)


@pytest.fixture
def march(told):
    """A session of two days, of seven hours and of three."""
    second = START + timedelta(days=21)
    spans = ((START, START + timedelta(hours=7)), (second, second + timedelta(hours=3)))
    return told(places_in_room=30, meetings=[{"starts_at": starts, "ends_at": ends} for starts, ends in spans])


def book(db, who, slug="march"):
    return bookings.book(db, who, NOW, slug)["reference"]


def record(db, team, reference, meeting, present=True):
    told = [{"reference": reference, "meeting": meeting, "present": present}]
    recording.record(db, team, "march", told, "list", LATER)


def everyone(db, first=None, last=None, programme=None, now=LATER):
    page = records.page(db, now, None, 100, first=first, last=last, programme=programme)
    return schemas.RecordPage().dump(page)["items"]


def test_a_record_has_the_hours_and_the_employer_of_that_day(db, march, person):
    amina, team = person("amina", organisation="Elm Court", job_role="Nurse"), person("team", granted=["team"])
    day = START.date()
    db.add(Employment(person_id=amina.id, sector="hospital", organisation="Old Mill", job_role="Porter",
                      since=day - timedelta(days=900), until=day + timedelta(days=5), created_at=NOW))  # fmt: skip
    db.add(Employment(person_id=amina.id, sector="third_sector", organisation="Elm Court", job_role="Nurse",
                      since=day + timedelta(days=6), created_at=NOW))  # fmt: skip
    reference = book(db, amina)
    record(db, team, reference, 1)
    record(db, team, reference, 2, present=False)
    [told] = everyone(db)
    assert (told["hours"], told["participatory_hours"], told["state"]) == (10.0, 7.0, "partly_attended")
    assert (told["organisation"], told["job_role"], told["sector"]) == ("Old Mill", "Porter", "hospital")
    assert (told["email"], told["session"], told["reference"]) == ("amina@example.org", "march", reference)


def test_who_cancelled_or_only_waited_has_none_and_who_was_not_recorded_has(db, told, person):
    told(places_in_room=1)
    amina, ben, cleo = (person(who) for who in ("amina", "ben", "cleo"))
    reference = book(db, cleo)
    bookings.cancel(db, cleo, reference, NOW)
    book(db, amina)
    book(db, ben)  # on the waiting list
    assert [(row["name"], row["state"]) for row in everyone(db)] == [("Amina", "not_recorded")]


def test_someone_who_booked_twice_has_one_record(db, march, person):
    amina, team = person("amina"), person("team", granted=["team"])
    first = book(db, amina)
    bookings.cancel(db, amina, first, NOW)
    second = book(db, amina)
    assert [row["reference"] for row in everyone(db)] == [second]
    bookings.cancel(db, amina, second, NOW)
    assert everyone(db) == []
    record(db, team, second, 1)  # they had cancelled, and were there
    assert [(row["reference"], row["state"]) for row in everyone(db)] == [(second, "partly_attended")]


def test_a_period_has_the_sessions_that_ended_on_its_days_and_are_over(db, march, person):
    book(db, person("amina"))
    day = march.ends_at.date()
    assert len(everyone(db, day, day)) == 1
    assert everyone(db, day + timedelta(days=1)) == everyone(db, None, day - timedelta(days=1)) == []
    assert everyone(db, programme="other") == everyone(db, now=START) == []
    with pytest.raises(Invalid):
        everyone(db, day, day - timedelta(days=1))


def test_pages_have_every_record_once(db, march, person):
    for n in range(5):
        book(db, person(f"p{n}"))
    seen, cursor = [], None
    while True:
        page = records.page(db, LATER, cursor, 2, first=None, last=None, programme=None)
        seen += [row["name"] for row in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert seen == [f"P{n}" for n in range(5)]


def test_one_s_own_learning_is_theirs_alone_with_its_hours(db, march, person):
    amina, team = person("amina"), person("team", granted=["team"])
    reference = book(db, amina)
    record(db, team, book(db, person("ben")), 1)
    record(db, team, reference, 1)
    told = schemas.Learning().dump(records.of_person(db, amina, LATER, None, None))
    assert (told["person"]["name"], told["hours"]) == ("Amina", 7.0)
    assert [row["reference"] for row in told["items"]] == [reference]


DAYS = st.one_of(st.none(), st.integers(-3, 3))
JOBS = st.lists(st.tuples(DAYS, DAYS), max_size=4)


@settings(max_examples=examples(60), suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(jobs=JOBS)
def test_where_someone_worked_then_is_the_same_by_either_way(db, told, person, jobs):
    """The figures of attendance ask the database, and records ask the rows."""
    with db.begin_nested() as nested:
        told(places_in_room=30) if db.get(Session, "march") is None else None
        amina = person("amina", organisation="Now")
        day = START.date()
        presents = 0
        for n, (since, until) in enumerate(jobs):
            if since is not None and until is not None and until < since:
                since, until = until, since
            if until is None and (presents := presents + 1) > 1:
                continue
            at = {name: day + timedelta(days=by) for name, by in (("since", since), ("until", until)) if by is not None}
            name = "Now" if until is None else f"Place {n}"
            db.add(Employment(person_id=amina.id, organisation=name, created_at=NOW, **at))
        reference = book(db, amina)
        db.flush()
        query = select(organisation_then()).select_from(Booking).join(Session).join(Person)
        asked = db.scalar(query.where(Booking.reference == reference))
        rows = list(db.scalars(select(Employment).where(Employment.person_id == amina.id)))
        assert employed_on(rows, amina, date(day.year, day.month, day.day)).organisation_key == asked
        nested.rollback()
