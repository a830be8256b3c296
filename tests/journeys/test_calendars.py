"""Calendars over HTTP, both ways of running: a mail for each meeting, and an address to follow that can be ended."""

from urllib.parse import urlsplit

import icalendar
import pytest
import requests

from tests.journeys.running import eventually

pytestmark = pytest.mark.slow


def test_what_one_books_is_in_one_s_calendar_until_its_address_is_ended(headrow):
    amina = headrow.caller("amina@example.org")
    reference = amina.book("slp-march-cohort")["reference"]
    meetings = len(amina.get("/sessions/slp-march-cohort").json()["meetings"])
    assert meetings > 1
    address = headrow.url + urlsplit(amina.get("/me/calendar").json()["url"]).path
    followed = eventually(lambda: _uids(address))
    assert len(followed) == meetings
    assert {uid.rpartition("-")[0] for uid in followed} == {reference}

    invites = eventually(lambda: len(found := _invites(headrow, "amina@example.org")) == meetings and found)
    assert [[str(event["UID"]) for event in invite.walk("VEVENT")] for invite in invites] == [[uid] for uid in followed]

    etag = requests.get(address, timeout=20).headers["ETag"]
    assert requests.get(address, headers={"If-None-Match": etag}, timeout=20).status_code == 304
    ended = amina.http.delete(f"{amina.url}/me/calendar", timeout=20)
    assert (ended.status_code, requests.get(address, timeout=20).status_code) == (204, 404)
    token = address.rpartition("/")[2].removesuffix(".ics")
    assert not [log for log in headrow.folder.glob("*.log") if token in log.read_text()]


def _uids(address):
    answer = requests.get(address, timeout=20)
    if answer.status_code == 404:
        return []  # the news of the person has not arrived there yet
    calendar = icalendar.Calendar.from_ical(answer.content)
    return [str(event["UID"]) for event in calendar.walk("VEVENT")]


def _invites(headrow, address):
    parts = [part for mail in headrow.mail(address) for part in mail.walk()]
    calendars = [part for part in parts if part.get_content_type() == "text/calendar"]
    return [icalendar.Calendar.from_ical(part.get_content()) for part in calendars]
