"""Messages that nobody causes but the clock, on a Headrow that is stopped and started between them."""

from collections.abc import Iterator

import pytest

from tests.journeys.conftest import _run
from tests.journeys.running import Embedded, System
from tests.sentences import says

pytestmark = pytest.mark.slow

PLEDGE = "Ask before I answer"
SLUG = "maxims-in-practice"  # on 11 February 2027 from 14.00 to 15.30, online
WHEN = {
    "2027-02-04T14:01:00+00:00": says("reminder_email.week"),
    "2027-02-10T14:01:00+00:00": says("reminder_email.day"),
    "2027-02-11T13:01:00+00:00": says("reminder_email.hour", time="2pm"),
    "2027-02-11T16:31:00+00:00": says("follow_up_email.thanks"),
    "2027-02-13T15:31:00+00:00": says("follow_up_email.feedback"),
}
SIX_WEEKS_ON = "2027-03-25T15:31:00+00:00"


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
    assert sorted(subjects) == sorted([says("booking_email.confirmed"), *WHEN.values()])
    assert len(headrow.mail("ben@example.org")) == 2


def test_six_weeks_later_the_one_who_pledged_something_is_reminded_and_says_what_became_of_it(headrow):
    amina = headrow.caller("amina@example.org")
    [booking] = amina.get("/bookings").json()["items"]
    path = f"/bookings/{booking['reference']}"
    said = {"useful": 4, "differently": PLEDGE, "next": None}
    assert amina.post(f"{path}/feedback", said).status_code == 200
    early = amina.post(f"{path}/pledge", {"did": "yes"})
    assert (early.status_code, early.json()["type"]) == (409, "/problems/pledge-not-due")
    headrow.stop()
    headrow.environment["HEADROW_CLOCK"] = SIX_WEEKS_ON
    headrow.start()
    letter = headrow.mailed("amina@example.org", says("follow_up_email.pledge"))
    amina, cleo = headrow.caller("amina@example.org"), headrow.caller("cleo@example.org")
    team = headrow.caller("team@example.org", "team")  # who was signed in before is not any more
    assert f"{path}/pledge" in letter.get_body(("plain",)).get_content()
    assert amina.get(f"{path}/pledge").json()["pledge"] == PLEDGE
    answer = amina.post(f"{path}/pledge", {"did": "partly", "note": "With Ben"})
    assert (answer.status_code, answer.json()["did"]) == (200, "partly")
    for other in (cleo, team):
        assert other.get(f"{path}/pledge").status_code == 404
        assert other.post(f"{path}/pledge", {"did": "yes"}).status_code == 404
    assert PLEDGE not in team.get(f"/sessions/{SLUG}/feedback").text
    assert amina.get("/me/export").json()["feedback"][0]["note"] == "With Ben"
    for database in ("notifications", "catalogue", "community"):
        assert PLEDGE.encode() not in _held_by(headrow, database), "the pledge stays where it was made"
    assert PLEDGE.encode() in _held_by(headrow, "registration")
    assert not any(PLEDGE in mail.as_string() for mail in headrow.mail("amina@example.org"))


def _held_by(headrow, service: str) -> bytes:
    return b"".join(file.read_bytes() for file in sorted(headrow.folder.rglob(f"{service}.db*")))
