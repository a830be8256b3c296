"""Time zones: which one is the city's, and each as the text that calendars read."""

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import icalendar
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from services.runtime.time_zones import LAST, city_zone, in_icalendar, names
from tests.examples import examples

BY_A_RULE = ("Europe/London", "Europe/Dublin", "America/New_York", "Australia/Lord_Howe", "Pacific/Auckland")
BY_DATES = ("America/Santiago", "Asia/Jerusalem", "Africa/Casablanca", "America/Nuuk")
UNCHANGING = ("Asia/Kolkata", "Asia/Kathmandu", "America/Sao_Paulo", "UTC")
WEEK = timedelta(days=7)


def test_the_city_s_zone_is_london_s_unless_the_environment_names_another():
    assert city_zone({}).key == city_zone({"HEADROW_TIME_ZONE": ""}).key == "Europe/London"
    assert city_zone({"HEADROW_TIME_ZONE": "Asia/Kolkata"}) is ZoneInfo("Asia/Kolkata")


def test_a_name_that_is_none_is_left_to_the_settings_which_say_what_is_wrong():
    """What is imported before they are read would end in a trace of calls."""
    for name in ("Mars/Olympus", "../Europe/London", "/etc/passwd", "Europe", "\0"):
        assert city_zone({"HEADROW_TIME_ZONE": name}).key == "Europe/London"


def test_every_name_is_of_a_zone():
    assert {ZoneInfo(name).key for name in names()} == names()
    assert {*BY_A_RULE, *BY_DATES, *UNCHANGING} <= names()
    assert not {"US/Eastern", "Asia/Calcutta", "EST", "localtime"} & names(), "PostgreSQL may not know them"


def ahead(zone, moment) -> timedelta:
    return moment.astimezone(zone).utcoffset()


@settings(max_examples=examples(20), deadline=None)
@given(name=st.sampled_from(sorted(names())), hour=st.integers(0, 167))
@example(name="Europe/London", hour=0)
@example(name="Europe/Dublin", hour=1)
@example(name="America/New_York", hour=2)
@example(name="America/Santiago", hour=3)
@example(name="Africa/Casablanca", hour=4)
@example(name="Asia/Kathmandu", hour=5)
@example(name="Australia/Lord_Howe", hour=6)
@example(name="Indian/Chagos", hour=0)
def test_a_calendar_that_knows_only_our_text_shows_the_times_of_the_database(name, hour):
    """In each week until the database ends, and in the hours around each change of the clocks."""
    zone = ZoneInfo(name)
    ours = icalendar.Timezone.from_ical(in_icalendar(zone)).to_tz(lookup_tzid=False)
    moment = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=hour)
    while moment.year < LAST:
        assert ahead(ours, moment) == ahead(zone, moment), moment
        if ahead(zone, moment) != ahead(zone, moment + WEEK):
            for hours in range(0, 168, 3):
                near = moment + timedelta(hours=hours, minutes=1)
                assert ahead(ours, near) == ahead(zone, near), near
        moment += WEEK


@pytest.mark.parametrize("name", BY_A_RULE)
def test_where_there_is_a_rule_it_is_what_is_written(name):
    """More calendars read it than a list of dates, and it has no end."""
    text = in_icalendar(ZoneInfo(name))
    assert (text.count("RRULE:FREQ=YEARLY"), text.count("RDATE")) == (2, 0)


@pytest.mark.parametrize("name", BY_DATES)
def test_where_there_is_no_such_rule_the_dates_are_written(name):
    text = in_icalendar(ZoneInfo(name))
    assert text.count("RRULE") == 0
    assert text.count("RDATE") > 20


@pytest.mark.parametrize("name", UNCHANGING)
def test_a_zone_whose_clocks_stay_as_they_are_has_one_offset(name):
    text = in_icalendar(ZoneInfo(name))
    assert (text.count("BEGIN:STANDARD"), text.count("BEGIN:DAYLIGHT"), text.count("TZOFFSETTO")) == (1, 0, 1)


def test_london_s_rule_is_the_one_that_has_been_sent_from_the_start():
    """People's calendars have it: another text for the same would be a change to some of them."""
    assert in_icalendar(ZoneInfo("Europe/London")).split("\r\n") == [
        *("BEGIN:VTIMEZONE", "TZID:Europe/London"),
        *("BEGIN:DAYLIGHT", "DTSTART:19960331T010000", "RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU"),
        *("TZNAME:BST", "TZOFFSETFROM:+0000", "TZOFFSETTO:+0100", "END:DAYLIGHT"),
        *("BEGIN:STANDARD", "DTSTART:19961027T020000", "RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU"),
        *("TZNAME:GMT", "TZOFFSETFROM:+0100", "TZOFFSETTO:+0000", "END:STANDARD"),
        *("END:VTIMEZONE", ""),
    ]


def test_quiet_hours_are_by_the_clocks_of_the_city():
    """In a process of its own, as the zone is read once."""
    asked = "from datetime import datetime; from services.notifications.quiet_hours import end_of_quiet; "
    asked += "print(end_of_quiet(datetime.fromisoformat('2027-03-09T16:00:00+00:00')).isoformat())"
    for name, ends_at in (
        ("Asia/Kolkata", "2027-03-10T01:30:00+00:00"),
        ("Europe/London", "2027-03-09T16:00:00+00:00"),
    ):
        environ = {**os.environ, "HEADROW_TIME_ZONE": name}
        run = subprocess.run([sys.executable, "-c", asked], env=environ, check=True, capture_output=True, text=True)
        assert run.stdout.strip() == ends_at
