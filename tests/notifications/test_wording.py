"""Times as people say them, in the city's time zone."""

import pytest

from services.notifications.composing.wording import in_language


@pytest.mark.parametrize(
    ("start", "end", "words"),
    [
        ("2027-03-09T09:30:00+00:00", "2027-03-09T16:30:00+00:00", "Tuesday 9 March 2027, 9:30am to 4:30pm"),
        ("2027-06-08T08:00:00+00:00", "2027-06-08T11:00:00+00:00", "Tuesday 8 June 2027, 9am to midday"),
        ("2027-03-09T12:05:00+00:00", "2027-03-09T13:00:00+00:00", "Tuesday 9 March 2027, 12:05pm to 1pm"),
        ("2027-03-09T00:15:00+00:00", "2027-03-09T01:00:00+00:00", "Tuesday 9 March 2027, 12:15am to 1am"),
        (
            "2027-03-09T20:00:00+00:00",
            "2027-03-10T00:00:00+00:00",
            "Tuesday 9 March 2027, 8pm to Wednesday 10 March 2027, midnight",
        ),
    ],
)
def test_a_meeting_is_said_in_local_time(start, end, words):
    assert in_language("en_GB").meeting({"starts_at": start, "ends_at": end}) == words


def test_a_moment_is_said_in_local_time():
    assert in_language("en_GB").moment("2027-06-30T23:30:00+00:00") == "Thursday 1 July 2027, 12:30am"
