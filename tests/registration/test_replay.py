"""What registration tells again: everybody but the erased, every booking as it is now, and who was where."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from services.bus.envelope import Envelope
from services.bus.models import outbox
from services.registration import moves, my_data, replay
from services.registration.accounts import facilitators
from services.registration.attendance import recording
from services.registration.models import Person
from services.registration.places import bookings
from tests.registration.conftest import NOW, START
from tests.registration.events import replayed

HOUR = timedelta(hours=1)
DAYS = [{"starts_at": START + n * 24 * HOUR, "ends_at": START + (n * 24 + 2) * HOUR} for n in range(2)]


def kinds(events, of=""):
    return [event.type.split(".")[1] for event in events if of in event.subject]


@pytest.fixture
def team(person):
    return person("team", granted=["team"])


def test_there_may_be_nothing_to_tell(db):
    assert replayed(db) == []


def test_people_come_first_then_bookings_then_who_was_there(db, told, person, team):
    told()
    references = [bookings.book(db, person(who), NOW, "march")["reference"] for who in ("amina", "ben", "cleo")]
    record(db, team, "march", {references[1]: {1: True}})
    assert kinds(replayed(db)) == [
        *["person_changed"] * 4,
        *["booking_confirmed"] * 2,
        "booking_waitlisted",
        "attendance_recorded",
    ]


def test_who_facilitates_is_told_as_no_news(db, told, person, team):
    told()
    named = facilitators.name(db, team, "march", NOW, "fay@example.org")
    last = replayed(db)[-1]
    assert (last.type, last.data["id"], last.data["new"]) == ("registration.facilitator_named.v1", named["id"], False)


def record(db, team, session, present, at=START):
    records = [
        {"reference": reference, "meeting": n, "present": there}
        for reference, meetings in present.items()
        for n, there in meetings.items()
    ]
    recording.record(db, team, session, records, "list", at)


def test_each_thing_is_told_as_it_is_now_with_the_version_that_it_has_now(db, told, person, team):
    told(meetings=DAYS)
    amina = person(organisation="Elm Court")
    amina.version = 4
    db.flush()
    reference = bookings.book(db, amina, NOW, "march")["reference"]
    record(db, team, "march", {reference: {1: True}})
    record(db, team, "march", {reference: {1: False}})
    last = latest(db, "attendance_recorded")
    events = replayed(db)
    of_amina = next(event for event in events if event.data.get("id") == amina.id)
    assert (of_amina.version, of_amina.data["organisation"]) == (4, "Elm Court")
    booking, recorded = [event for event in events if event.subject == f"bookings/{reference}"]
    assert (booking.version, booking.data["state"]) == (3, "confirmed")
    assert (recorded.version, recorded.data) == (last.version, last.data)


def latest(db, kind):
    rows = db.scalars(select(outbox.c.envelope).where(outbox.c.type.contains(kind)).order_by(outbox.c.position)).all()
    return Envelope.from_json(rows[-1])


def test_an_offer_is_told_with_when_it_runs_out(db, told, person):
    told(waiting_list="offer", places_in_room=1)
    first = bookings.book(db, person("amina"), NOW, "march")["reference"]
    bookings.book(db, person("ben"), NOW, "march")
    bookings.cancel(db, db.scalar(select(Person).where(Person.email == "amina@example.org")), first, NOW, "Unwell")
    events = replayed(db)
    assert kinds(events, "bookings") == ["booking_cancelled", "place_offered"]
    assert events[-1].data["offer_expires_at"]
    assert (events[-2].data["reason"], events[-2].sensitive) == ("Unwell", True)


def test_what_was_recorded_before_a_place_was_given_up_is_told_as_it_was(db, told, person, team):
    told(meetings=DAYS)
    amina = person()
    reference = bookings.book(db, amina, NOW, "march")["reference"]
    record(db, team, "march", {reference: {1: True}})
    bookings.cancel(db, amina, reference, START + 5 * HOUR)
    last = latest(db, "attendance_recorded")
    events = replayed(db)
    assert kinds(events, "bookings") == ["booking_cancelled", "attendance_recorded"]
    assert events[-1].data == last.data


def test_nothing_is_told_of_where_somebody_was_who_moved_away_from_there(db, told, person, team):
    told(), told("april", meetings=DAYS[1:])
    amina = person()
    reference = bookings.book(db, amina, NOW, "march")["reference"]
    record(db, team, "march", {reference: {1: True}}, START - HOUR / 2)
    moves.move(db, amina, reference, START - HOUR / 4, "april")
    events = replayed(db)
    assert kinds(events, "bookings") == ["booking_confirmed"]
    assert events[-1].data["session"] == "april"


def test_of_the_erased_nothing_is_told_but_that_they_are_to_be_forgotten(db, told, person, team):
    told()
    amina = person()
    reference = bookings.book(db, amina, NOW, "march")["reference"]
    record(db, team, "march", {reference: {1: True}})
    my_data.erase(db, amina, START + HOUR)
    events = [event for event in replayed(db) if amina.id in str(event.data)]
    told = {"id": amina.id, "unused": False, "told_before": True}  # nobody writes to them once more
    assert [(event.type, event.data) for event in events] == [("registration.person_erased.v1", told)]


def test_pages_have_everything_once(db, told, person, monkeypatch):
    monkeypatch.setattr(replay, "AT_ONCE", 2)
    told(places_in_room=9)
    for n in range(5):
        bookings.book(db, person(f"p{n}"), NOW, "march")
    events = replayed(db)
    assert sorted(kinds(events)) == ["booking_confirmed"] * 5 + ["person_changed"] * 5
    assert len({event.subject for event in events}) == 10


def test_a_reader_gets_what_it_reads_and_nobody_else_gets_anything(db, told, person):
    told()
    bookings.book(db, person(), NOW, "march")
    before = db.scalars(select(outbox.c.event_id)).all()
    reads = {"registration.person_changed.v1"}
    assert kinds(replayed(db, reads)) == ["person_changed"]
    rows = db.execute(select(outbox.c.type, outbox.c.erase_key).where(outbox.c.event_id.not_in(before))).all()
    assert [row.type for row in rows] == ["to.reader"]
    assert rows[0].erase_key, "whoever is erased before it is published is not named in it"
