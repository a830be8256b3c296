"""What taking a report protects: nothing is kept before it is confirmed, nobody is guessed, all of it can be undone."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from services.registration.accounts import addresses
from services.registration.attendance import importing, recording, undoing
from services.registration.models import Attendance, Booking, Person
from services.registration.places import bookings, lookup
from services.runtime.refusals import Invalid, NotFound
from tests.registration.attendance import seen
from tests.registration.conftest import NOW, START
from tests.registration.meetings import AFTER, TWO_MEETINGS

REPORT = "Name,Email,Duration\n"
LATER = AFTER + timedelta(hours=1)


@pytest.fixture
def team(person):
    return person("team", granted=["team"])


@pytest.fixture
def booked(db, told, person):
    """Two confirmed bookings of a session with two meetings, of 6 and 2 hours, and one that waits."""
    told(meetings=TWO_MEETINGS)
    return [bookings.book(db, person(name), NOW, "march")["reference"] for name in ("amina", "ben", "cleo")]


def given(csv, **asked):
    return {"csv": csv, "meeting": 1, **asked}


def who(told, part):
    return [row["reference"] for row in told[part]]


def standing(db):
    rows = db.execute(
        select(Booking.reference, Attendance.meeting, Attendance.present)
        .join(Booking)
        .where(Attendance.replaced_at.is_(None))
        .order_by(Booking.id)
    )
    return [tuple(row) for row in rows]


def email(name):
    return f"{name}@example.org"


def test_looking_keeps_nothing_and_says_what_would_be_recorded(db, booked):
    csv = REPORT + f"A,{email('amina')},3h\nB,{email('ben')},2h 59m\nPat,pat@example.org,4h\n"
    told = importing.look(db, "march", given(csv), AFTER)
    assert (told["minutes"], told["meeting"], told["id"], told["recorded"]) == (180, 1, None, 0)
    assert (who(told, "matched"), who(told, "below")) == (booked[:1], booked[1:2])
    assert [(row["line"], row["name"], row["email"], row["minutes"]) for row in told["unmatched"]] == [
        (4, "Pat", "pat@example.org", 240)
    ]
    assert standing(db) == []


@pytest.mark.parametrize(
    ("days", "other"),
    [
        (["2027-07-03", "2027-07-04"], "2027-07-03"),
        (["2027-07-03", "2027-03-16"], None),  # one of its days is that of the second meeting
        (["09/03/2027"], None),
        (["03/09/2027"], None),  # as it may be written elsewhere
        (["13/03/2027"], "2027-03-13"),
        ([""], None),
    ],
)
def test_a_report_of_another_day_is_told_and_taken(db, team, booked, days, other):
    lines = [f"A,{email('amina')},{day} 09:30,{day} 15:30\n" for day in days]
    csv = "Name,Email,Join time,Leave time\n" + "".join(lines)
    told = importing.look(db, "march", given(csv), AFTER)
    assert told["other_day"] == (date.fromisoformat(other) if other else None)
    assert importing.take(db, team, "march", given(csv), AFTER)["recorded"] == 1


def test_the_minutes_that_are_needed_can_be_changed(db, booked):
    csv = REPORT + f"A,{email('amina')},3h\nB,{email('ben')},2h 59m\n"
    assert who(importing.look(db, "march", given(csv, minutes=179), AFTER), "matched") == booked[:2]
    assert who(importing.look(db, "march", given(csv, minutes=181), AFTER), "matched") == []


def test_what_is_taken_is_recorded_of_those_who_were_there_long_enough_alone(db, booked, team):
    csv = REPORT + f"A,{email('amina')},3h\nB,{email('ben')},5m\nPat,pat@example.org,4h\n"
    told = importing.take(db, team, "march", given(csv), AFTER)
    assert (told["recorded"], told["unchanged"]) == (1, 0)
    assert standing(db) == [(booked[0], 1, True)]


def test_any_address_of_a_person_finds_them(db, booked, team, person):
    amina = db.scalar(select(Booking).where(Booking.reference == booked[0])).person_id
    addresses.hold(db, db.get_one(Person, amina), email="other@example.org", at=NOW)
    assert who(importing.look(db, "march", given("other@example.org"), AFTER), "matched") == booked[:1]


def test_a_name_finds_one_of_those_booked_and_never_one_of_two(db, booked):
    people = [db.get_one(Person, row.person_id) for row in db.scalars(select(Booking).order_by(Booking.id))]
    people[0].name, people[1].name, people[2].name = "Zoë O’Neil", "Sam Lee", "Sam  lee"
    told = importing.look(db, "march", given("Name\nZoe O'Neil (Guest)\nSam Lee\n"), AFTER)
    assert [(row["reference"], row["by"]) for row in told["matched"]] == [(booked[0], "name")]
    assert [row["name"] for row in told["unmatched"]] == ["Sam Lee"]


def test_the_unmatched_are_matched_added_or_left_out_as_it_is_said(db, booked, team):
    csv = REPORT + "Ann,ann@example.org,5h\nPat,pat@example.org,5h\nLee,lee@example.org,5h\nJo,,5h\n"
    choices = [
        {"line": 2, "do": "match", "reference": booked[0]},
        {"line": 3, "do": "add"},
        {"line": 4, "do": "leave"},
        {"line": 5, "do": "add"},
    ]
    told = importing.take(db, team, "march", given(csv, choices=choices), AFTER)
    assert (who(told, "matched"), told["recorded"], told["unmatched"]) == (booked[:1], 3, [])
    there = db.scalars(select(Person.name).join(Booking).join(Attendance)).all()
    assert sorted(there) == ["Amina", "Jo", "Pat"]


def test_a_choice_of_no_booking_is_refused_at_its_line_and_nothing_is_kept(db, booked, team):
    choices = [{"line": 2, "do": "match", "reference": "AAAAA-AAAAA"}]
    with pytest.raises(Invalid) as refused:
        importing.take(db, team, "march", given(REPORT + "Ann,,5h\n", choices=choices), AFTER)
    assert [(error["field"], error["code"]) for error in refused.value.errors] == [
        ("line 2, reference", "no-such-booking")
    ]


def test_our_own_sheet_says_who_was_not_there_and_at_which_meeting(db, booked, team):
    rows = [f"no;Elm Court, Care;{booked[0]};1", f"yes;;{booked[1]};2", f"?;;{booked[2]};1"]
    csv = "\n".join(["present;organisation;reference;meeting", *rows])
    told = importing.take(db, team, "march", given(csv), AFTER)
    assert (who(told, "matched"), who(told, "below")) == (booked[:2], booked[2:])
    assert standing(db) == [(booked[0], 1, False), (booked[1], 2, True)]


def test_lines_of_our_own_sheet_that_match_nobody_are_listed_and_stop_no_other(db, booked, team):
    lines = ["reference,meeting,present", "AAAAA-AAAAA,1,yes", f"{booked[0]},1,yes", ",1,yes"]
    told = importing.take(db, team, "march", given("\r\n".join(lines)), AFTER)
    assert [row["line"] for row in told["unmatched"]] == [2, 4]
    assert (told["recorded"], standing(db)) == (1, [(booked[0], 1, True)])


def test_a_sheet_with_a_meeting_that_there_is_not_is_refused_by_its_line(db, booked, team):
    with pytest.raises(Invalid) as refused:
        importing.take(db, team, "march", given(f"reference,meeting,present\n{booked[0]},7,yes\n"), AFTER)
    assert [error["field"] for error in refused.value.errors] == ["line 2, meeting"]
    assert standing(db) == []


def test_the_same_sheet_again_changes_nothing(db, booked, team):
    sheet = f"reference,meeting,present\n{booked[0]},1,yes\n{booked[1]},1,no\n"
    assert importing.take(db, team, "march", given(sheet), AFTER)["recorded"] == 2
    told = importing.take(db, team, "march", given(sheet), LATER)
    assert (told["recorded"], told["unchanged"], len(standing(db))) == (0, 2, 2)


def test_who_waited_and_was_there_has_a_place(db, booked, team):
    importing.take(db, team, "march", given(email("cleo")), AFTER)
    assert lookup.one(db, team, booked[2], AFTER)["state"] == "partly_attended"


# Undoing


def test_undoing_takes_all_of_it_back_and_what_stood_before_stands_again(db, booked, team):
    recording.record(db, team, "march", [seen(booked[0], 1, False)], "list", START)
    before = standing(db)
    csv = "\n".join(map(email, ("amina", "ben", "cleo")))
    choices = [{"line": 4, "do": "add"}]
    told = importing.take(db, team, "march", given(csv + "\npat@example.org", choices=choices), AFTER)
    assert len(standing(db)) == 4
    (row,) = undoing.taken(db, "march", LATER)["items"]
    assert (row["id"], row["records"]) == (told["id"], 4)
    assert undoing.undo(db, team, "march", told["id"], LATER) == {
        "session": "march",
        "undone": 4,
        "corrected_since": 0,
    }
    assert standing(db) == before
    assert undoing.taken(db, "march", LATER)["items"] == []
    states = db.scalars(select(Booking.state).order_by(Booking.id)).all()
    assert states == ["confirmed", "confirmed", "waiting", "cancelled"]


def test_undoing_leaves_later_corrections_alone(db, booked, team):
    told = importing.take(db, team, "march", given("\n".join(map(email, ("amina", "ben")))), AFTER)
    recording.record(db, team, "march", [seen(booked[0], 1, False)], "list", LATER)
    undone = undoing.undo(db, team, "march", told["id"], LATER)
    assert (undone["undone"], undone["corrected_since"]) == (1, 1)
    assert standing(db) == [(booked[0], 1, False)]


def test_a_report_can_be_undone_for_seven_days_and_at_its_own_session_alone(db, booked, team, told):
    told("june")
    id = importing.take(db, team, "march", given(email("amina")), AFTER)["id"]
    for slug, when in (("june", LATER), ("march", AFTER + timedelta(days=7, seconds=1))):
        with pytest.raises(NotFound):
            undoing.undo(db, team, slug, id, when)
    assert undoing.undo(db, team, "march", id, AFTER + timedelta(days=7))["undone"] == 1


@pytest.mark.parametrize("csv", ["", "nobody", "Name,Email\n"])
def test_a_report_of_nobody_is_refused(db, booked, csv):
    with pytest.raises(Invalid):
        importing.look(db, "march", given(csv), AFTER)


@pytest.mark.parametrize(
    "csv",
    [
        f"meeting\temail\tpresent\n1\t{email('amina')}\tyes\n1\tpat@example.org\tyes\n",
        f"{email('amina')}\npat@example.org\n",
        "name,meeting,present\nAmina,1,yes\nPat,1,yes\n",
    ],
)
def test_whatever_finds_people_nobody_of_a_sheet_is_lost(db, booked, team, csv):
    told = importing.take(db, team, "march", {"csv": csv}, START)
    assert (told["recorded"], len(told["unmatched"])) == (1, 1)
    assert standing(db) == [(booked[0], 1, True)]


def test_our_own_sheet_of_bookings_records_those_alone_of_whom_it_says_so(db, booked, team):
    """Its column of attendance is empty before a session, and a share after it."""
    header = "reference,name,email,state,attendance\n"
    empty = header + "".join(f"{reference},,,Confirmed,\n" for reference in booked)
    assert importing.take(db, team, "march", given(empty), AFTER)["recorded"] == 0
    filled = header + f"{booked[0]},,,Confirmed,yes\n{booked[1]},,,Confirmed,0%\n{booked[2]},,,Waiting,\n"
    assert importing.take(db, team, "march", given(filled), LATER)["recorded"] == 2
    assert standing(db) == [(booked[0], 1, True), (booked[1], 1, False)]
