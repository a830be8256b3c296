"""Headrow in a city elsewhere: whoever reads of a session, in whatever way, reads one local time."""

from collections.abc import Iterator
from datetime import datetime
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import icalendar
import pytest
import requests

from tests.journeys.conftest import _run
from tests.journeys.running import Embedded, System, eventually
from tests.sentences import says

pytestmark = pytest.mark.slow

ONLINE = "maxims-in-practice"  # on 11 February 2027 from 14.00 to 15.30, as its file says: by whichever clocks
LATE = "out-of-hours"
TIMES = ["2027-03-31T23:30:00", "2027-04-01T00:30:00"]  # on another day and in another month by London's


@pytest.fixture(scope="module", params=["Asia/Kolkata", "America/New_York"])
def headrow(request, tmp_path_factory) -> Iterator[System]:
    """A running Headrow in another zone, whose processes have read it as they started."""
    here = {"HEADROW_TIME_ZONE": request.param, "HEADROW_CLOCK": "2027-02-01T12:00:00"}
    yield from _run(Embedded(tmp_path_factory.mktemp("headrow"), **here), anew=True)


@pytest.fixture(scope="module")
def zone(headrow) -> ZoneInfo:
    """The zone that it is in."""
    return ZoneInfo(headrow.environment["HEADROW_TIME_ZONE"])


@pytest.fixture(scope="module")
def team(headrow):
    """A member of the team."""
    return headrow.caller("team@example.org", "team")


def page(headrow, path, caller=None) -> str:
    token = caller.http.headers["Authorization"].removeprefix("Bearer ") if caller else ""
    answer = requests.get(headrow.url + path, cookies={"headrow_session": token} if token else {}, timeout=20)
    assert answer.status_code == 200, answer.text
    return answer.text


def events(content) -> list[icalendar.Component]:
    """The events of a calendar that knows of zones only what is in it."""
    calendar = icalendar.Calendar.from_ical(content)
    assert {str(zone["TZID"]) for zone in calendar.walk("VTIMEZONE")} == {
        event["DTSTART"].params["TZID"] for event in calendar.walk("VEVENT")
    }
    return calendar.walk("VEVENT")


def local(event) -> list[str]:
    return [event[name].to_ical().decode() for name in ("DTSTART", "DTEND")]


def test_a_session_is_at_the_same_local_time_wherever_one_reads_of_it(headrow, zone):
    amina = headrow.caller("amina@example.org")
    reference = amina.book(ONLINE)["reference"]
    meeting = amina.get(f"/sessions/{ONLINE}").json()["meetings"][0]
    assert datetime.fromisoformat(meeting["starts_at"]) == datetime(2027, 2, 11, 14, tzinfo=zone)

    for path, reader in ((f"/sessions/{ONLINE}", None), (f"/bookings/{reference}", amina)):
        assert "Thursday 11 February 2027, 2pm to 3:30pm" in page(headrow, path, reader)

    letter = headrow.mailed("amina@example.org", says("booking_email.confirmed"))
    assert "Thursday 11 February 2027, 2pm to 3:30pm" in letter.get_body(("plain",)).get_content()
    [invite] = [part for part in letter.walk() if part.get_content_type() == "text/calendar"]
    address = urlsplit(amina.get("/me/calendar").json()["url"]).path
    feed = eventually(lambda: (answer := requests.get(headrow.url + address, timeout=20)).ok and answer.text)
    public = amina.get(f"/sessions/{ONLINE}.ics").text
    for calendar in (invite.get_content(), feed, public):
        [event] = events(calendar)
        assert local(event) == ["20270211T140000", "20270211T153000"]
        assert event["DTSTART"].params["TZID"] == zone.key


def test_a_time_without_an_offset_is_the_city_s_and_counts_to_its_day_and_month(headrow, zone, team):
    given = {"slug": LATE, "title": "Out of hours", "summary": "Late.", "delivery": "virtual", "places_online": 5}
    given |= {"programme": "virtual-sessions", "meetings": [dict(zip(("starts_at", "ends_at"), TIMES, strict=True))]}
    made = team.post("/sessions", given)
    assert made.status_code == 201, made.text
    assert team.post(f"/sessions/{LATE}/publish").status_code == 200
    shown = eventually(lambda: (answer := team.get(f"/sessions/{LATE}")).ok and answer.json())
    starts = datetime.fromisoformat(shown["meetings"][0]["starts_at"])
    assert starts == datetime.fromisoformat(TIMES[0]).replace(tzinfo=zone)
    words = "Wednesday 31 March 2027, 11:30pm to Thursday 1 April 2027, 12:30am"
    assert words in page(headrow, f"/sessions/{LATE}")
    assert 'value="11:30pm"' in page(headrow, f"/team/sessions/{LATE}/edit", team)
    assert "Out of hours" in page(headrow, "/team/calendar?month=2027-03", team)


def test_the_city_tells_its_zone_and_no_page_or_email_tells_another(headrow, zone, team):
    assert team.get("/city").json()["time_zone"] == zone.key
    assert zone.key in page(headrow, "/team/city", team)
    for path in ("/", "/sessions", f"/sessions/{ONLINE}", "/team", "/team/city", f"/team/sessions/{ONLINE}"):
        assert not {"London", "GMT", "BST"} & {*page(headrow, path, team).replace("/", " ").split()}
    assert not [mail for mail in headrow.mail() if "London" in mail.as_string()]


def test_another_zone_than_that_of_the_installation_is_refused(team):
    etag = team.get("/city").headers["ETag"]
    answer = team.http.patch(
        f"{team.url}/city", json={"time_zone": "Europe/London"}, headers={"If-Match": etag}, timeout=20
    )
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "other-time-zone")


def test_another_zone_after_a_restart_is_told_and_moves_no_session(headrow, zone, team):
    before = team.get(f"/sessions/{ONLINE}").json()["meetings"][0]["starts_at"]
    headrow.stop()
    headrow.environment["HEADROW_TIME_ZONE"] = "Pacific/Auckland"
    found = headrow.run("doctor", check=False)
    assert found.returncode == 1
    assert "BAD  time zone Pacific/Auckland" in found.stdout
    headrow.start()
    try:
        assert "ok   time zone Pacific/Auckland" in headrow.run("doctor", check=False).stdout
        assert eventually(lambda: team.get("/city").json()["time_zone"] == "Pacific/Auckland")
        after = team.get(f"/sessions/{ONLINE}").json()["meetings"][0]["starts_at"]
        assert datetime.fromisoformat(after) == datetime.fromisoformat(before)
        there = datetime.fromisoformat(before).astimezone(ZoneInfo("Pacific/Auckland"))
        assert f"{there.day} February 2027" in page(headrow, f"/sessions/{ONLINE}")
    finally:
        headrow.stop()
        headrow.environment["HEADROW_TIME_ZONE"] = zone.key
        headrow.start()
