"""The dates of the demonstration: whatever the day, some sessions are over and others soon, at sensible times."""

from datetime import date, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from services.catalogue.programme_file import ProgrammeFile, without_notes
from services.demo.dates import HOLIDAYS, WEEKS, as_of, moved_to
from services.runtime.schemas import load
from services.samples import leeds_programme

SAMPLE = leeds_programme()
BEFORE = [session for part in SAMPLE["programmes"] for session in part["sessions"]]
DAYS = st.dates(date(2024, 1, 1), date(2060, 12, 31))


def sessions_on(day):
    """Return pairs of a session of the sample, and the same session as it is on that day."""
    after = [session for part in moved_to(SAMPLE, day)["programmes"] for session in part["sessions"]]
    return list(zip(BEFORE, after, strict=True))


def times_of(session):
    """Return all moments that a session names, in local time."""
    named = [*session["meetings"], *session.get("held_places", [])]
    return [datetime.fromisoformat(value) for one in named for value in one.values() if "T" in str(value)]


def on_any_day(test):
    """Try days of all kinds, those on which calendars go wrong among them."""
    days = ["2024-02-29", "2028-02-28", "2028-02-29", "2026-12-31", "2027-01-01", "2027-12-20", "2028-12-18"]
    clocks_change = ["2027-03-27", "2027-03-28", "2027-03-29", "2027-10-30", "2027-10-31", "2027-11-01"]
    for day in [*days, *clocks_change]:
        test = example(day=date.fromisoformat(day))(test)
    return given(day=DAYS)(test)


@on_any_day
def test_what_is_past_is_over_and_what_comes_is_to_come(day):
    for before, after in sessions_on(day):
        first, last = times_of({"meetings": after["meetings"]})[0].date(), times_of(after)[-1].date()
        assert (last < day) if WEEKS[before["slug"]] < 0 else (first > day), after["slug"]


@on_any_day
def test_the_next_session_is_within_a_fortnight_and_the_last_one_was(day):
    starts = [times_of(after)[0].date() for _, after in sessions_on(day)]
    assert min(start for start in starts if start > day) - day <= timedelta(days=14)
    assert day - max(start for start in starts if start < day) <= timedelta(days=14)


@on_any_day
def test_every_session_stays_at_its_times_of_day_and_never_is_at_a_weekend_or_on_a_holiday(day):
    for before, after in sessions_on(day):
        assert [at.time() for at in times_of(before)] == [at.time() for at in times_of(after)]
        assert [at for at in times_of(after) if at.weekday() > 4 or (at.month, at.day) in HOLIDAYS] == []


@on_any_day
def test_weekdays_stay_but_for_what_makes_way_for_a_holiday(day):
    for before, after in sessions_on(day):
        for here, there in zip(times_of(before), times_of(after), strict=True):
            next_days = [there + timedelta(days=n) for n in range(1, 5)]
            makes_way = any((at.month, at.day) in HOLIDAYS for at in next_days)
            assert here.weekday() == there.weekday() or makes_way, after["slug"]


@on_any_day
def test_what_comes_out_is_a_programme_that_can_be_imported(day):
    load(ProgrammeFile(), without_notes(moved_to(SAMPLE, day)))


@on_any_day
def test_the_order_of_the_sessions_stays(day):
    def in_order(which):
        return sorted(range(len(BEFORE)), key=lambda n: times_of(sessions[n][which])[0])

    sessions = sessions_on(day)
    past = [n for n in in_order(0) if WEEKS[BEFORE[n]["slug"]] < 0]
    assert [n for n in in_order(1) if n in past] == past


@pytest.mark.parametrize(
    ("day", "title", "virtual"),
    [
        ("2026-11-30", "System Leadership programme: December cohort", "February virtual cohort"),
        ("2027-01-11", "System Leadership programme: February cohort", "March virtual cohort"),
        ("2028-02-29", "System Leadership programme: March cohort", "May virtual cohort"),
    ],
)
def test_a_title_names_the_month_that_it_is_in_and_an_address_names_none(day, title, virtual):
    there = {after["slug"]: after["title"] for _, after in sessions_on(date.fromisoformat(day))}
    assert there["slp-cohort"] == title
    assert there["slp-virtual-cohort"].endswith(virtual)


def test_the_sample_itself_stays_as_it_is():
    before = leeds_programme()
    moved_to(SAMPLE, date(2030, 1, 1))
    assert before == SAMPLE


def test_a_session_has_materials_once_it_is_over():
    moved = moved_to(SAMPLE, date(2027, 1, 11))
    [session] = [after for _, after in sessions_on(date(2027, 1, 11)) if after["slug"] == "myrons-maxims"]
    ends_at = times_of(session)[-1]

    def materials(moment):
        known = as_of(moved, moment)
        return next(s["materials"] for p in known["programmes"] for s in p["sessions"] if s["slug"] == "myrons-maxims")

    assert materials(ends_at - timedelta(minutes=1)) == []
    assert len(materials(ends_at + timedelta(minutes=1))) == 2
