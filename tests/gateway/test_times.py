"""Dates and times in words."""

from datetime import date, datetime, timedelta

import pytest

from gateway.web import times
from services.notifications.composing.wording import SOURCE, in_language


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("moment", "words"),
    [
        ("2027-03-09T09:30:00+00:00", "Tuesday 9 March 2027, 9:30am"),
        ("2027-06-08T08:30:00+00:00", "Tuesday 8 June 2027, 9:30am"),
        ("2027-01-01T12:00:00+00:00", "Friday 1 January 2027, midday"),
        ("2027-07-01T23:00:00+00:00", "Friday 2 July 2027, midnight"),
        ("2027-01-01T12:05:00+00:00", "Friday 1 January 2027, 12:05pm"),
        ("2027-01-01T00:05:00+00:00", "Friday 1 January 2027, 12:05am"),
        ("2027-01-01T13:00:00+00:00", "Friday 1 January 2027, 1pm"),
    ],
)
def test_a_moment_is_told_as_the_city_s_clocks_do(moment, words):
    assert times.in_words(at(moment)) == words


def test_a_day_in_figures_is_the_city_s_and_always_as_wide():
    assert times.in_figures(at("2027-03-09T09:30:00+00:00")) == "09/03/2027"
    assert times.in_figures(at("2027-06-30T23:30:00+00:00")) == "01/07/2027"


def test_a_meeting_is_told_from_when_to_when():
    assert times.span_in_words(at("2027-03-09T09:30:00+00:00"), at("2027-03-09T16:30:00+00:00")) == (
        "Tuesday 9 March 2027, 9:30am to 4:30pm"
    )


def test_a_meeting_that_ends_on_another_day_names_it():
    assert times.span_in_words(at("2027-03-09T22:00:00+00:00"), at("2027-03-10T01:00:00+00:00")) == (
        "Tuesday 9 March 2027, 10pm to Wednesday 10 March 2027, 1am"
    )


@pytest.mark.parametrize("day", ["2027-03-27", "2027-03-28", "2027-10-31", "2027-12-31"])
def test_a_page_says_a_time_as_a_letter_does(day):
    letters = in_language(SOURCE)
    first = at(f"{day}T00:00:00+00:00")
    for minutes in range(0, 24 * 60, 5):
        starts, ends = (first + timedelta(minutes=minutes + more) for more in (0, 95))
        told = {"starts_at": starts.isoformat(), "ends_at": ends.isoformat()}
        assert times.span_in_words(starts, ends) == letters.meeting(told)


@pytest.mark.parametrize(
    ("typed", "day"),
    [
        (("9", "3", "2027"), date(2027, 3, 9)),
        ((" 09", "March", "27 "), date(2027, 3, 9)),
        (("1", "sept.", "24"), date(2024, 9, 1)),
        (("31", "Dec", "95"), date(1995, 12, 31)),
    ],
)
def test_a_day_is_taken_as_people_type_it(typed, day):
    assert times.typed_day(*typed) == day


@pytest.mark.parametrize(
    "typed", ["31 2 2027", "1 ma 2027", "1 13 2027", "x 3 2027", "1  2027", "1 3 ", "1 3 20270", "² 3 2027"]
)
def test_a_day_that_there_is_not_is_refused(typed):
    with pytest.raises(ValueError, match=r"."):
        times.typed_day(*typed.split(" "))
