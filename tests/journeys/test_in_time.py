"""Messages that nobody causes but the clock, on a Headrow that is stopped and started between them."""

from collections.abc import Iterator

import pytest

from tests.journeys.conftest import _run
from tests.journeys.running import Embedded, System

pytestmark = pytest.mark.slow

SLUG = "maxims-in-practice"  # on 11 February 2027 from 14.00 to 15.30, online
WHEN = {
    "2027-02-04T14:01:00+00:00": "In one week",
    "2027-02-10T14:01:00+00:00": "Your session is tomorrow",
    "2027-02-11T13:01:00+00:00": "Starts at 2pm",
    "2027-02-11T16:31:00+00:00": "Thank you for coming",
    "2027-02-13T15:31:00+00:00": "How was it?",
}


@pytest.fixture(scope="module")
def headrow(tmp_path_factory) -> Iterator[System]:
    """A running Headrow, ten days before a session."""
    yield from _run(Embedded(tmp_path_factory.mktemp("headrow"), HEADROW_CLOCK="2027-02-01T09:00:00+00:00"))


def test_a_place_is_reminded_of_and_asked_about_once_each_however_often_headrow_starts(headrow):
    amina, ben = headrow.caller("amina@example.org"), headrow.caller("ben@example.org")
    reference = amina.book(SLUG)["reference"]
    given_back = ben.book(SLUG)["reference"]
    assert ben.post(f"/bookings/{given_back}/cancel", {}).status_code == 200
    for moment, subject in WHEN.items():
        headrow.stop()
        headrow.environment["HEADROW_CLOCK"] = moment
        headrow.start()
        letter = headrow.mailed("amina@example.org", subject)
        assert f"/bookings/{reference}" in letter.get_body(("plain",)).get_content()
    headrow.stop()
    headrow.start()
    subjects = [mail["Subject"].partition(":")[0] for mail in headrow.mail("amina@example.org")]
    assert sorted(subjects) == sorted(["Your place is booked", *WHEN.values()])
    assert len(headrow.mail("ben@example.org")) == 2
