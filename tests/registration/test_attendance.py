"""What attendance protects: only what can have happened is recorded, all or nothing, and nothing recorded is lost."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from services.registration import moves, my_data, schemas
from services.registration.attendance import check_in, reading, recording
from services.registration.errors import AttendanceTooEarly
from services.registration.models import Attendance, Booking, Certificate, Session
from services.registration.outcomes import settling
from services.registration.places import bookings, lookup
from services.runtime.refusals import Invalid, NotFound
from tests.registration.attendance import announced, seen
from tests.registration.conftest import NOW, START
from tests.registration.meetings import AFTER, HOUR, SPANS, TWO_MEETINGS


@pytest.fixture
def team(person):
    return person("team", granted=["team"])


@pytest.fixture
def booked(db, told, person):
    """Two confirmed bookings of a session with two meetings, of 6 and 2 hours, and one that waits."""
    told(meetings=TWO_MEETINGS)
    return [bookings.book(db, person(name), NOW, "march")["reference"] for name in ("amina", "ben", "cleo")]


# What it comes to


@pytest.mark.parametrize(
    ("present", "over", "expected"),
    [
        ({}, False, (None, None)),
        ({}, True, (None, None)),
        ({1: True}, False, (None, 0.75)),
        ({1: True, 2: True}, False, ("attended", 1.0)),
        ({1: True, 2: False}, False, ("partly_attended", 0.75)),
        ({1: False, 2: True}, False, ("partly_attended", 0.25)),
        ({1: False, 2: False}, False, ("absent", 0.0)),
        ({1: True}, True, ("partly_attended", 0.75)),
        ({2: False}, True, ("absent", 0.0)),
        ({3: True}, True, (None, None)),
        ({1: True, 2: True, 3: False}, True, ("attended", 1.0)),
    ],
)
def test_a_booking_comes_to_what_its_records_and_the_clock_say(present, over, expected):
    assert settling.outcome(SPANS, present, over) == expected


@given(
    st.lists(st.integers(1, 600), min_size=1, max_size=8),
    st.dictionaries(st.integers(1, 10), st.booleans()),
    st.booleans(),
)
def test_the_share_and_the_word_never_disagree(lengths, present, over):
    spans = [(START, START + timedelta(minutes=length)) for length in lengths]
    state, share = settling.outcome(spans, present, over)
    assert (share is None) == (not any(n <= len(lengths) for n in present))
    if state is not None:
        assert 0 <= share <= 1
        assert (state == "absent") == (share == 0)
        assert (state == "attended") == all(present.get(n) for n in range(1, len(lengths) + 1))


# A list


def test_each_meeting_is_recorded_and_the_last_record_settles_the_booking(db, booked, team):
    amina = booked[0]
    recording.record(db, team, "march", [seen(amina)], "list", START)
    early = lookup.one(db, team, amina, START)
    assert (early["state"], early.get("attended_share")) == ("confirmed", None)
    recording.record(db, team, "march", [seen(amina, 2, False)], "list", SPANS[1][0])
    late = lookup.one(db, team, amina, AFTER)
    assert (late["state"], late["attended_share"]) == ("partly_attended", 0.75)
    assert late["version"] == early["version"] + 1


def test_what_becomes_known_is_announced_per_booking(db, booked, team):
    recording.record(db, team, "march", [seen(booked[0]), seen(booked[1], 1, False)], "list", START)
    recording.record(db, team, "march", [seen(booked[0], 2)], "list", AFTER)
    told = [(event["reference"], event["meetings"], event["state"], event["share"]) for event in announced(db)]
    assert told == [
        (booked[0], [{"n": 1, "present": True}], "confirmed", 0.75),
        (booked[1], [{"n": 1, "present": False}], "confirmed", 0.0),
        (booked[0], [{"n": 1, "present": True}, {"n": 2, "present": True}], "attended", 1.0),
    ]


def test_a_booking_is_settled_when_the_session_ends_though_a_meeting_has_no_record(db, booked, team):
    recording.record(db, team, "march", [seen(booked[0])], "list", START)
    settling.settle_ended(db, SPANS[1][1] - HOUR)
    assert lookup.one(db, team, booked[0], AFTER)["state"] == "confirmed"
    settling.settle_ended(db, SPANS[1][1])
    assert lookup.one(db, team, booked[0], AFTER)["state"] == "partly_attended"
    assert lookup.one(db, team, booked[1], AFTER)["state"] == "confirmed", "nothing was ever recorded of it"
    count = len(announced(db))
    settling.settle_ended(db, AFTER)
    assert len(announced(db)) == count


def test_a_meeting_that_the_catalogue_took_away_settles_nothing_for_ever(db, booked, told, team):
    recording.record(db, team, "march", [seen(booked[0], 2)], "list", SPANS[1][0])
    told(meetings=TWO_MEETINGS[:1], now=SPANS[1][0])
    for _ in range(2):
        settling.settle_ended(db, AFTER)
    assert len(announced(db)) == 2
    assert lookup.one(db, team, booked[0], AFTER)["state"] == "confirmed"


def test_recording_the_same_again_changes_nothing(db, booked, team):
    records = [seen(booked[0]), seen(booked[1])]
    assert recording.record(db, team, "march", records, "list", START)["recorded"] == 2
    again = recording.record(db, team, "march", records, "list", START + HOUR)
    assert again == {"session": "march", "recorded": 0, "unchanged": 2}
    assert len(announced(db)) == 2


def test_a_correction_counts_and_the_earlier_record_stays_with_who_and_when(db, booked, team, person):
    recording.record(db, team, "march", [seen(booked[0])], "list", START)
    other = person("other", granted=["team"])
    recording.record(db, other, "march", [seen(booked[0], 1, False)], "csv", START + HOUR)
    records = reading.page(db, "march", None, 10)["items"][0]["records"]
    assert [(r["present"], r["source"], r["recorded_at"], r["recorded_by"], r["replaced_at"]) for r in records] == [
        (True, "list", START, {"id": team.id, "name": "Team"}, START + HOUR),
        (False, "csv", START + HOUR, {"id": other.id, "name": "Other"}, None),
    ]


def test_all_that_is_wrong_is_told_at_once_by_index_and_nothing_is_recorded(db, booked, team, told, person):
    told("april", meetings=TWO_MEETINGS)
    elsewhere = bookings.book(db, person("dan"), NOW, "april")["reference"]
    records = [
        seen(booked[0]),
        seen("AAAAA-AAAAA"),
        seen(booked[2], 1, False),
        seen(elsewhere),
        seen(booked[1], 3),
        seen(booked[1], 0),
        seen(booked[0].lower(), 1, False),
    ]
    with pytest.raises(Invalid) as refused:
        recording.record(db, team, "march", records, "list", AFTER)
    assert [(error["field"], error["code"], error["limits"]) for error in refused.value.errors] == [
        ("records.1.reference", "no-such-booking", {}),
        ("records.2.reference", "not-confirmed", {}),
        ("records.3.reference", "no-such-booking", {}),
        ("records.4.meeting", "out-of-range", {"min": 1, "max": 2, "of": "number"}),
        ("records.5.meeting", "out-of-range", {"min": 1, "max": 2, "of": "number"}),
        ("records.6.meeting", "record-repeated", {}),
    ]
    assert db.scalars(select(Attendance)).all() == []


def test_attendance_begins_an_hour_before_the_meeting(db, booked, team):
    with pytest.raises(AttendanceTooEarly) as refused:
        recording.record(db, team, "march", [seen(booked[0])], "list", START - timedelta(minutes=61))
    assert refused.value.facts == {"meeting": 1, "opens_at": (START - HOUR).isoformat()}
    recording.record(db, team, "march", [seen(booked[0])], "list", START - HOUR)
    with pytest.raises(AttendanceTooEarly) as refused:
        recording.record(db, team, "march", [seen(booked[0], 1), seen(booked[0], 2)], "list", START)
    assert refused.value.facts["meeting"] == 2


def test_a_session_that_nobody_told_of_has_no_attendance(db, team):
    with pytest.raises(NotFound):
        recording.record(db, team, "april", [seen("AAAAA-AAAAA")], "list", NOW)
    with pytest.raises(NotFound):
        reading.page(db, "april", None, 10)


def test_the_hour_is_an_hour_on_the_day_the_clocks_change(db, told, team, person):
    start = datetime(2027, 3, 28, 1, 30, tzinfo=UTC)  # 2.30 in the city, an hour after 0.30 of the other time
    told(meetings=[{"starts_at": start, "ends_at": start + 2 * HOUR}])
    reference = bookings.book(db, person("amina"), NOW, "march")["reference"]
    with pytest.raises(AttendanceTooEarly):
        recording.record(db, team, "march", [seen(reference)], "list", start - timedelta(minutes=61))
    recording.record(db, team, "march", [seen(reference)], "list", start - HOUR)
    assert db.scalar(select(Attendance.present))


def test_who_is_there_before_it_begins_has_attended_once_it_is_over(db, told, team, person):
    """To check in at the door gives no certificate of what has not begun."""
    told(meetings=[{"starts_at": START, "ends_at": START + 2 * HOUR}])
    reference = bookings.book(db, person("amina"), NOW, "march")["reference"]
    check_in.check_in(db, team, check_in.token_of(reference, "secret"), "secret", START - HOUR)
    assert lookup.one(db, team, reference, START)["state"] == "confirmed"
    settling.settle_ended(db, START + 2 * HOUR - timedelta(seconds=1))
    assert lookup.one(db, team, reference, START)["state"] == "confirmed"
    settling.settle_ended(db, START + 2 * HOUR)
    assert lookup.one(db, team, reference, START)["state"] == "attended"


def test_five_thousand_records_are_taken_and_one_more_is_not():
    schema = schemas.AttendanceList()
    assert schema.validate({"records": [seen("A")] * 5000}) == {}
    assert "records" in schema.validate({"records": [seen("A")] * 5001})
    assert "records" in schema.validate({"records": []})


@pytest.mark.parametrize(
    "wrong",
    [{"present": "yes"}, {"present": None}, {"meeting": "1"}, {"meeting": 1.5}, {"meeting": True}, {"reference": 1}],
)
def test_a_record_is_taken_as_it_is_meant_or_not_at_all(wrong):
    (field,) = wrong
    errors = schemas.AttendanceList().validate({"records": [seen("A"), {**seen("A"), **wrong}]})
    assert list(errors["records"][1]) == [field]


def test_the_database_itself_refuses_two_records_in_force(db, booked, team):
    recording.record(db, team, "march", [seen(booked[0])], "list", START)
    row = db.scalars(select(Attendance)).one()
    copied = {name: getattr(row, name) for name in ("booking_id", "meeting", "present", "source", "recorded_by")}
    db.add(Attendance(**copied, recorded_at=START))
    with pytest.raises(IntegrityError):
        db.flush()
    db.rollback()


# Reading


@pytest.mark.parametrize(
    ("state", "names"), [("attended", ["Amina"]), ("absent", ["Ben"]), ("confirmed", ["Dan"]), ("waiting", ["Cleo"])]
)
def test_a_sessions_bookings_are_found_by_what_they_came_to(db, told, person, team, state, names):
    told(places_in_room=3)
    order = [bookings.book(db, person(name), NOW, "march")["reference"] for name in ("amina", "ben", "dan", "cleo")]
    recording.record(db, team, "march", [seen(order[0]), seen(order[1], 1, False)], "list", START)
    found = lookup.page_of_session(db, "march", NOW, None, 10, state)["items"]
    assert [item["person"].name for item in found] == names
    assert {item["state"] for item in found} == {state}


def test_ones_own_bookings_are_found_by_what_they_came_to(db, told, person, team):
    told()
    amina = person("amina")
    reference = bookings.book(db, amina, NOW, "march")["reference"]
    recording.record(db, team, "march", [seen(reference)], "list", START)
    assert [b["reference"] for b in lookup.page(db, amina, NOW, None, 10, "attended")["items"]] == [reference]
    assert lookup.page(db, amina, NOW, None, 10, "confirmed")["items"] == []


def test_paging_through_attendance_neither_skips_nor_repeats(db, told, person):
    told(places_in_room=5)
    order = [bookings.book(db, person(f"p{n}"), NOW, "march")["reference"] for n in range(5)]
    got, cursor = [], None
    for _ in range(3):
        page = reading.page(db, "march", cursor, 2)
        got += [item["reference"] for item in page["items"]]
        cursor = page["next"]
    assert (got, cursor) == (order, None)


@pytest.mark.parametrize(("there", "state"), [(True, "partly_attended"), (False, "cancelled")])
def test_whoever_cancels_half_way_keeps_what_they_attended(db, booked, team, there, state):
    """Reported elsewhere: dropping out deletes what was attended."""
    recording.record(db, team, "march", [seen(booked[0], 1, there)], "list", START)
    assert bookings.cancel(db, team, booked[0], SPANS[1][0] - HOUR)["state"] == state
    for shown in (state, "partly_attended", "absent", "cancelled"):
        found = lookup.page_of_session(db, "march", NOW, None, 10, shown)["items"]
        assert [item["reference"] for item in found] == ([booked[0]] if shown == state else []), shown
    assert announced(db)[-1]["state"] == ("partly_attended" if there else "absent")
    assert db.get_one(Session, "march").taken_in_room == 1, "what is to come is free"


def test_an_export_shows_what_was_recorded_and_erasure_keeps_only_the_count(db, told, person, team):
    told()
    amina = person("amina")
    reference = bookings.book(db, amina, NOW, "march")["reference"]
    recording.record(db, team, "march", [seen(reference)], "list", START)
    held = my_data.export(db, amina)
    assert [(row["reference"], row["meeting"], row["present"]) for row in held["attendance"]] == [(reference, 1, True)]
    assert held["bookings"][0]["attendance"] == "attended"
    assert "recorded_by" not in held["attendance"][0], "that is somebody else's"
    my_data.erase(db, amina, AFTER)
    left = reading.page(db, "march", None, 10)["items"][0]
    assert (left["state"], left["person"]["name"], left["person"]["email"]) == ("attended", None, None)


def test_who_was_seen_at_the_door_and_then_moves_was_not_at_the_session_that_they_move_to(db, told, person, team):
    told(), told("april", meetings=[TWO_MEETINGS[1]])
    amina = person()
    reference = bookings.book(db, amina, NOW, "march")["reference"]
    recording.record(db, team, "march", [seen(reference)], "list", START - HOUR / 2)
    booking = db.scalar(select(Booking))
    assert booking.attendance == "attended"
    moves.move(db, amina, reference, START - HOUR / 4, "april")
    db.expire_all()
    assert (booking.attendance, booking.attended_share) == (None, None)
    assert settling.in_force(db, [booking]) == {booking.id: {}}
    assert [code.revoked_at is not None for code in db.scalars(select(Certificate))] == [True]
    settling.settle_ended(db, AFTER)
    assert booking.attendance is None
