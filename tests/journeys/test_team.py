"""A day of the team, over HTTP: the list of who comes, a message to them, and people who stop what they are sent."""

import csv
import io
import re
from typing import Any

import pytest
import requests

from tests.journeys.running import System, eventually
from tests.sentences import says

pytestmark = pytest.mark.slow

SLUG = "leading-across-boundaries"  # with places in the room and online


def _once_sent(team: Any, path: str) -> dict[str, Any]:
    return eventually(lambda: [item for item in team.get(path).json()["items"] if not item["queued"]])[0]


def test_the_team_has_a_list_and_writes_to_those_on_it(headrow: System):
    team = headrow.caller("coordinator@example.org", "team")
    zoe, ada = headrow.caller("zoe@example.org"), headrow.caller("ada@example.org")
    booked = [zoe.book(SLUG, mode="online", access_needs="=captions"), ada.book(SLUG, mode="in_room")]
    sheet = team.get(f"/sessions/{SLUG}/bookings.csv").content.decode("utf-8-sig")
    rows = {row["reference"]: row for row in csv.DictReader(io.StringIO(sheet, newline=""))}
    told = [[rows[booking["reference"]][name] for name in ("name", "mode", "access needs")] for booking in booked]
    assert told == [["Zoe", "online", "'=captions"], ["Ada", "in the room", ""]]
    assert zoe.get(f"/sessions/{SLUG}/bookings.csv").status_code == 403
    for address in ("zoe@example.org", "ada@example.org"):
        headrow.mailed(address, says("booking_email.confirmed"))

    path, text = f"/sessions/{SLUG}/messages", {"to": "confirmed", "subject": "Floor 2", "body": "Thank <Zoe>\n\nBye"}
    answers = [team.post(path, text, key="floor") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
    assert answers[0].json()["queued"] == 2
    sent = _once_sent(team, path)
    assert (sent["sent"], sent["failed"], sent["body"]) == (2, 0, text["body"])
    assert team.get(f"{path}/{sent['id']}").json() == sent
    assert answers[0].headers["Location"] == f"/api/v1{path}/{sent['id']}"
    assert "Thank <Zoe>" in headrow.mailed("zoe@example.org", "Floor 2").get_body(("plain",)).get_content()
    assert [len([m for m in headrow.mail(to) if m["Subject"] == "Floor 2"]) for to in ("zoe@", "ada@")] == [1, 1]
    assert "team_message" in [message["template"] for message in zoe.get("/me/export").json()["messages"]]

    for person in (zoe, ada):
        assert person.http.delete(f"{person.url}/me", timeout=20).status_code == 202
    gone = eventually(lambda: [item for item in team.get(path).json()["items"] if item["body"] is None])[0]
    assert (gone["subject"], gone["sent"]) == (None, 2)


def test_somebody_stops_what_they_are_told_about_on_the_page_that_letters_lead_to(headrow: System):
    ben = headrow.caller("ben@example.org")
    assert ben.post("/interests", {"session": SLUG}).status_code == 201
    browser, page = requests.Session(), f"{headrow.url}/interests"
    assert browser.get(page, timeout=20).status_code == 401
    browser.cookies.set("headrow_session", ben.http.headers["Authorization"].removeprefix("Bearer "))
    shown = browser.get(page, timeout=20).text
    assert "Leading across boundaries" in shown
    action = re.search(r'action="(/interests/[^"]+/stop)"', shown)[1]
    token = re.search(r'name="form_token" value="([^"]+)"', shown)[1]
    answer = browser.post(headrow.url + action, data={"form_token": token}, timeout=20)
    assert (answer.status_code, says("interests.stopped") in answer.text) == (200, True)
    assert says("interests.none_asked") in answer.text
    assert ben.get("/interests").json()["items"] == []
