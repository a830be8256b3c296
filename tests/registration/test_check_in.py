"""Check-in at the door: whoever's code is scanned is there, however often, and however late the scanner tells."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from services.registration import my_data
from services.registration.attendance import check_in, recording
from services.registration.errors import BookingNotConfirmed, CheckInClosed
from services.registration.models import Attendance
from services.registration.places import bookings
from services.runtime.refusals import NotFound
from tests.registration.attendance import announced, seen
from tests.registration.conftest import NOW, START
from tests.registration.meetings import HOUR, SPANS, TWO_MEETINGS

SECRET = "k" * 32
MINUTE = timedelta(minutes=1)


@pytest.fixture
def team(person):
    return person("team", granted=["team"])


@pytest.fixture
def amina(person):
    return person("amina")


@pytest.fixture
def token(db, told, amina):
    """The code of a booking for a session with two meetings, of 6 and 2 hours."""
    told(meetings=TWO_MEETINGS, places_in_room=1)
    reference = bookings.book(db, amina, NOW, "march")["reference"]
    return check_in.own_token(db, amina, reference, SECRET)["token"]


def present(db):
    rows = db.scalars(select(Attendance).where(Attendance.replaced_at.is_(None)).order_by(Attendance.meeting))
    return [(row.meeting, row.present) for row in rows]


# Which meeting


@pytest.mark.parametrize(
    ("at", "meeting"),
    [
        (START - 61 * MINUTE, None),
        (START - HOUR, 1),
        (START, 1),
        (START + 6 * HOUR, 1),
        (START + 18 * HOUR, 1),
        (START + 18 * HOUR + MINUTE, None),
        (SPANS[1][0] - MINUTE, 2),
        (SPANS[1][1], 2),
    ],
)
def test_a_meeting_takes_scans_from_an_hour_before_until_twelve_hours_after(at, meeting):
    assert check_in.meeting_at(SPANS, at) == meeting


@pytest.mark.parametrize(("minutes", "meeting"), [(0, 1), (180, 1), (200, 1), (210, 2), (239, 2), (240, 2), (500, 2)])
def test_of_two_meetings_on_a_day_the_one_under_way_counts_and_else_the_nearest(minutes, meeting):
    day = [(START, START + 3 * HOUR), (START + 4 * HOUR, START + 6 * HOUR)]
    assert check_in.meeting_at(day, START + minutes * MINUTE) == meeting


# At the door


def test_the_code_of_a_booking_checks_its_owner_in(db, token, team):
    looked = check_in.look_up(db, team, token, SECRET, START)
    assert (looked["name"], looked["title"], looked["meeting"], looked["already"]) == (
        "Amina",
        "March cohort",
        1,
        False,
    )
    done = check_in.check_in(db, team, token, SECRET, START)
    assert (done["meeting"], done["meetings"], done["starts_at"], done["already"]) == (1, 2, START, False)
    row = db.scalars(select(Attendance)).one()
    assert (row.present, row.source, row.scanned_at, row.recorded_by) == (True, "check_in", START, team.id)


def test_looking_checks_nobody_in(db, token, team):
    check_in.look_up(db, team, token, SECRET, START)
    assert present(db) == []


def test_the_same_code_twice_is_once_and_says_so(db, token, team):
    check_in.check_in(db, team, token, SECRET, START)
    assert check_in.check_in(db, team, token, SECRET, START + HOUR)["already"] is True
    assert check_in.look_up(db, team, token, SECRET, START + HOUR)["already"] is True
    assert len(announced(db)) == 1


def test_the_next_meeting_is_checked_in_to_by_itself(db, token, team):
    check_in.check_in(db, team, token, SECRET, START)
    assert check_in.check_in(db, team, token, SECRET, SPANS[1][0])["already"] is False
    assert announced(db)[-1]["state"] == "attended"


def test_between_meetings_nobody_is_checked_in(db, token, team):
    assert check_in.look_up(db, team, token, SECRET, START + timedelta(days=3))["meeting"] is None
    with pytest.raises(CheckInClosed):
        check_in.check_in(db, team, token, SECRET, START + timedelta(days=3))


def test_whoever_waits_or_has_cancelled_is_not_let_in(db, token, amina, person, team):
    waiting = bookings.book(db, person("ben"), NOW, "march")["reference"]
    with pytest.raises(BookingNotConfirmed):
        check_in.check_in(db, team, check_in.token_of(waiting, SECRET), SECRET, START)
    bookings.cancel(db, amina, check_in.reference_in(token, SECRET), START - HOUR)
    for verb in (check_in.check_in, check_in.look_up):
        with pytest.raises(BookingNotConfirmed):
            verb(db, team, token, SECRET, START)


def test_a_code_is_shown_to_its_owner_alone_and_only_for_a_place(db, token, amina, person, team):
    reference = check_in.reference_in(token, SECRET)
    for other in (team, person("ben")):
        with pytest.raises(NotFound):
            check_in.own_token(db, other, reference, SECRET)
    bookings.cancel(db, amina, reference, NOW)
    with pytest.raises(BookingNotConfirmed):
        check_in.own_token(db, amina, reference, SECRET)


def test_a_code_that_we_did_not_sign_opens_nothing(db, token, team):
    reference = check_in.reference_in(token, SECRET)
    payload, _, signature = token.rpartition(".")
    forged = ["", "x", reference, f"{payload}.", f"{payload}.{signature[::-1]}", f"{payload[:-2]}.{signature}", "a.b.c"]
    forged.append(check_in.token_of(reference, "another secret"))
    for code in forged:
        with pytest.raises(NotFound):
            check_in.look_up(db, team, code, SECRET, START)
    scans = [{"token": code, "at": START} for code in forged]
    assert {item["problem"] for item in check_in.take_scans(db, team, scans, SECRET, START)["items"]} == {"not-found"}


def test_the_code_of_somebody_who_was_erased_names_nobody(db, token, amina, team):
    my_data.erase(db, amina, START)
    with pytest.raises(NotFound):
        check_in.look_up(db, team, token, SECRET, START)


# A scanner that was offline


def scanned(db, team, token, *at, now):
    items = check_in.take_scans(db, team, [{"token": token, "at": moment} for moment in at], SECRET, now)["items"]
    return [(item["result"], item["meeting"], item["problem"]) for item in items]


def test_each_scan_counts_for_the_meeting_of_its_own_time(db, token, team):
    three_days_later = START + timedelta(days=3)
    first = scanned(db, team, token, START, three_days_later, now=three_days_later)
    assert first == [("checked_in", 1, None), ("refused", None, "check-in-closed")]
    assert scanned(db, team, token, SPANS[1][0], now=SPANS[1][1]) == [("checked_in", 2, None)]
    assert present(db) == [(1, True), (2, True)]


def test_scans_that_come_again_are_harmless(db, token, team):
    came_of_it = scanned(db, team, token, START, START, START + MINUTE, now=START + HOUR)
    assert came_of_it == [("checked_in", 1, None), ("already_checked_in", 1, None), ("already_checked_in", 1, None)]
    assert scanned(db, team, token, START, now=START + 2 * HOUR) == [("already_checked_in", 1, None)]
    assert len(announced(db)) == 1


@pytest.mark.parametrize(
    ("late", "problem"),
    [
        (timedelta(minutes=-5), None),
        (timedelta(minutes=-5, seconds=-1), "scan-out-of-time"),
        (timedelta(days=7), None),
        (timedelta(days=7, seconds=1), "scan-out-of-time"),
    ],
)
def test_a_scan_counts_for_seven_days_and_not_from_the_future(db, token, team, late, problem):
    assert scanned(db, team, token, START, now=START + late)[0][2] == problem


def test_a_scan_never_undoes_what_was_written_down_after_it(db, token, team):
    reference = check_in.reference_in(token, SECRET)
    scanned(db, team, token, START, now=START + HOUR)
    recording.record(db, team, "march", [seen(reference, 1, False)], "list", START + 2 * HOUR)
    assert scanned(db, team, token, START, now=START + 3 * HOUR) == [("corrected_since", 1, None)]
    assert present(db) == [(1, False)]
    assert scanned(db, team, token, START + 4 * HOUR, now=START + 4 * HOUR) == [("checked_in", 1, None)]


def test_scans_of_many_bookings_are_answered_in_their_order(db, told, person, team):
    scans = []
    for n, slug in enumerate(["b", "a", "c"]):
        told(slug)
        reference = bookings.book(db, person(f"p{n}"), NOW, slug)["reference"]
        scans.append({"token": check_in.token_of(reference, SECRET), "at": START + n * MINUTE})
    items = check_in.take_scans(db, team, scans, SECRET, START + HOUR)["items"]
    assert [(item["session"], item["at"], item["result"]) for item in items] == [
        (slug, START + n * MINUTE, "checked_in") for n, slug in enumerate(["b", "a", "c"])
    ]
