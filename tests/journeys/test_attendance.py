"""A day at the door, over HTTP: a code is shown and scanned, and whoever was there can prove it to anybody."""

import re
import secrets
from collections.abc import Iterator

import pytest
import requests

from services.registration.attendance import check_in
from tests.journeys.conftest import _run
from tests.journeys.running import Embedded, System, eventually
from tests.sentences import says

pytestmark = pytest.mark.slow

SECRET = secrets.token_hex(32)
SLUG = "maxims-in-practice"  # on 11 February 2027 from 14.00 to 15.30, in one meeting


@pytest.fixture(scope="module")
def headrow(tmp_path_factory) -> Iterator[System]:
    """A running Headrow, half an hour before a session."""
    folder = tmp_path_factory.mktemp("headrow")
    yield from _run(Embedded(folder, HEADROW_CLOCK="2027-02-11T13:30:00+00:00", HEADROW_SECRET_KEY=SECRET))


def test_a_sheet_and_late_scans_say_what_came_of_them(headrow):
    ben, cleo = headrow.caller("ben@example.org"), headrow.caller("cleo@example.org")
    team = headrow.caller("team@example.org", "team")
    seen, missed = ben.book(SLUG)["reference"], cleo.book(SLUG)["reference"]
    path = f"{team.url}/sessions/{SLUG}/attendance"
    sheet = f"reference,meeting,present\r\n{seen},1,yes\r\n{missed},2,no\r\n"
    wrong = team.http.post(path, data=sheet, headers={"Content-Type": "text/csv"}, timeout=20)
    assert (wrong.status_code, [error["field"] for error in wrong.json()["errors"]]) == (422, ["line 3, meeting"])
    sheet = sheet.replace(",2,no", ",1,no")
    headers = {"Content-Type": "text/csv", "Idempotency-Key": "sheet"}
    taken = [team.http.post(path, data=sheet, headers=headers, timeout=20) for _ in range(2)]
    assert [answer.json()["recorded"] for answer in taken] == [2, 2]
    assert taken[1].headers["Idempotent-Replayed"] == "true"
    assert (ben.booking(seen)["state"], cleo.booking(missed)["state"]) == ("attended", "absent")

    at = "2027-02-11T13:29:00+00:00"
    scans = [{"token": check_in.token_of(missed, SECRET), "at": at}, {"token": "forged", "at": at}]
    items = team.post("/check-ins", {"scans": scans}).json()["items"]
    assert [(item["result"], item["problem"]) for item in items] == [
        ("corrected_since", None),
        ("refused", "not-found"),
    ]
    found = team.get(f"/sessions/{SLUG}/bookings", params={"state": "absent"}).json()["items"]
    assert [item["reference"] for item in found] == [missed]
    assert ben.post("/check-ins", {"scans": scans}).status_code == 403


def test_a_scanned_code_makes_a_certificate_that_anybody_can_check(headrow):
    amina, team = headrow.caller("amina@example.org"), headrow.caller("team@example.org", "team")
    reference = amina.book(SLUG)["reference"]
    picture = amina.get(f"/bookings/{reference}/check-in.svg")
    assert (picture.status_code, picture.headers["Content-Type"]) == (200, "image/svg+xml")
    assert amina.get(f"/bookings/{reference}/certificate.pdf").status_code == 409

    door = requests.Session()
    page = f"{headrow.url}/check-in/{check_in.token_of(reference, SECRET)}"
    assert door.get(page, timeout=20).status_code == 401
    door.cookies.set("headrow_session", team.http.headers["Authorization"].removeprefix("Bearer "))
    for said in ("attendance.is_checked_in", "attendance.already_checked_in"):
        form = re.search(r'name="form_token" value="([^"]+)"', door.get(page, timeout=20).text)[1]
        answer = door.post(page, data={"form_token": form}, timeout=20)
        assert (answer.status_code, says(said, person="Amina") in answer.text) == (200, True), answer.text

    assert amina.booking(reference)["state"] == "confirmed"
    headrow.stop()
    headrow.environment["HEADROW_CLOCK"] = "2027-02-11T15:31:00+00:00"
    headrow.start()
    booking = eventually(lambda: _unless_confirmed(amina.booking(reference)))
    assert (booking["state"], booking["attended_share"]) == ("attended", 1.0)
    certificate = amina.get(f"/bookings/{reference}/certificate.pdf")
    assert (certificate.status_code, certificate.content[:5]) == (200, b"%PDF-")
    code = amina.get("/me/export").json()["certificates"][0]["code"]
    checked = requests.get(f"{headrow.url}/api/v1/certificates/{code}", timeout=20)
    assert checked.json() == {
        "title": "Myron's Maxims in practice",
        "dates": ["2027-02-11"],
        "hours": 1.5,
        "participatory_hours": 1.5,
        "name": "Amina",
    }
    assert says("attendance.genuine") in requests.get(f"{headrow.url}/certificates/{code}", timeout=20).text

    assert amina.http.delete(f"{amina.url}/me", timeout=20).status_code == 202
    assert requests.get(f"{headrow.url}/api/v1/certificates/{code}", timeout=20).status_code == 404


def _unless_confirmed(booking):
    return None if booking["state"] == "confirmed" else booking
