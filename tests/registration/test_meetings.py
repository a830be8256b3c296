"""Attendance stays with its meeting, whichever meetings are added, moved or taken away."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.registration.attendance import certificates, reading, recording
from services.registration.models import Session
from services.registration.outcomes.meetings import identify
from services.registration.places import bookings, lookup
from tests.registration.attendance import announced, seen
from tests.registration.conftest import NOW, START
from tests.registration.meetings import HOUR, SPANS, TWO_MEETINGS, meeting

DAY = timedelta(days=1)
FIRST, SECOND = TWO_MEETINGS


@pytest.fixture
def team(person):
    return person("team", granted=["team"])


@pytest.fixture
def amina(db, told, person, team):
    """The reference of someone who was at the first of two meetings."""
    told(meetings=TWO_MEETINGS)
    reference = bookings.book(db, person("amina"), NOW, "march")["reference"]
    recording.record(db, team, "march", [seen(reference)], "list", START)
    return reference


def outcome(db, team, reference, at):
    shown = lookup.one(db, team, reference, at)
    return shown["state"], shown.get("attended_share")


def test_what_was_recorded_of_a_meeting_that_is_taken_away_counts_for_no_other(db, told, amina, team):
    """Reported elsewhere: leftover records spoil the share."""
    told(meetings=[SECOND], now=START + DAY)
    assert announced(db)[-1]["meetings"] == []
    recording.record(db, team, "march", [seen(amina)], "list", SPANS[1][0])
    assert outcome(db, team, amina, SPANS[1][1]) == ("attended", 1.0)
    assert certificates.of_booking(db, team, amina)["dates"] == ["2027-03-16"]
    kept = reading.page(db, "march", None, 10)["items"][0]["records"]
    assert [record["meeting"] for record in kept] == [None, 1]


def test_a_meeting_that_comes_back_has_what_was_recorded_of_it(db, told, amina, team):
    told(meetings=[SECOND], now=START + DAY)
    told(meetings=TWO_MEETINGS, now=START + DAY)
    assert announced(db)[-1]["meetings"] == [{"n": 1, "present": True}]
    recording.record(db, team, "march", [seen(amina, 2)], "list", SPANS[1][0])
    assert certificates.of_booking(db, team, amina)["dates"] == ["2027-03-09", "2027-03-16"]


@pytest.mark.parametrize(
    ("meetings", "numbers", "share"),
    [
        ([meeting(START - DAY, 2), FIRST, SECOND], [2], 0.6),
        ([FIRST, meeting(START + DAY, 8), SECOND], [1], 0.375),
        ([meeting(START + HOUR, 6), SECOND], [1], 0.75),
        ([meeting(START, 2), SECOND], [1], 0.5),
        ([meeting(START - 2 * DAY, 6), SECOND], [1], 0.75),
        ([FIRST, meeting(START + 9 * DAY, 2)], [1], 0.75),
        ([SECOND, meeting(START + 9 * DAY, 2)], [], None),
    ],
    ids=["added before", "added between", "later", "shorter", "on another day", "the other moved", "taken away"],
)
def test_shares_and_numbers_are_worked_out_again(db, told, amina, meetings, numbers, share):
    told(meetings=meetings, now=START + DAY)
    last = announced(db)[-1]
    assert ([there["n"] for there in last["meetings"]], last["share"]) == (numbers, share)


def test_other_changes_of_a_session_announce_no_attendance(db, told, amina):
    told(meetings=TWO_MEETINGS, title="Another title", now=START + DAY)
    assert len(announced(db)) == 1


hours = st.lists(st.integers(0, 400), unique=True, min_size=1, max_size=6).map(sorted)


@given(st.lists(hours, min_size=2, max_size=6), st.integers(0, 400))
def test_ids_are_unique_and_a_meeting_that_stays_keeps_its_own(changes, begun):
    session, known = Session(meetings=[], former_meetings=[]), {}
    for starts in changes:
        before = {m["starts_at"]: m["id"] for m in session.meetings}
        identify(session, [(START + h * HOUR, START + h * HOUR + HOUR / 2) for h in starts], START + begun * HOUR)
        ids = [m["id"] for m in session.meetings]
        aside = [m["id"] for m in session.former_meetings]
        assert len({*ids, *aside}) == len(ids) + len(aside)
        assert {*known} <= {*ids, *aside}, "nothing is forgotten"
        known = {*ids, *aside}
        for m in session.meetings:
            assert before.get(m["starts_at"], m["id"]) == m["id"]
