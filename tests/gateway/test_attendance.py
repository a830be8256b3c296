"""Attendance through the gateway: lists, sheets, check-in codes, scans, and the page at the door."""

import re
from pathlib import Path
from urllib.parse import urlsplit
from xml.etree import ElementTree

import pytest

from tests.gateway import fakes
from tests.gateway.attendance import SEEN, TOKEN
from tests.gateway.html import Page
from tests.sentences import says

TAKEN = {"session": "maxims-in-practice", "recorded": 1, "unchanged": 0}
PATH = "/sessions/maxims-in-practice/attendance"
RECORDS = [{"reference": "K3M9Q-XW2TB", "meeting": 1, "present": True}]


# Lists and sheets


def test_a_list_goes_to_registration_with_its_key(world):
    world.registration.answers["record_attendance"] = TAKEN
    answer = world.ask("POST", PATH, "team-token", {"records": RECORDS}, Idempotency_Key="k")
    assert (answer.status_code, answer.json) == (200, TAKEN)
    asked = world.registration.last("record_attendance")
    assert (asked["slug"], asked["given"], asked["key"]) == ("maxims-in-practice", {"records": RECORDS}, "k")


def test_two_thousand_records_are_not_too_large(world):
    world.registration.answers["record_attendance"] = TAKEN
    assert world.ask("POST", PATH, "team-token", {"records": RECORDS * 2000}).status_code == 200


def post_sheet(world, content, media="text/csv", **headers):
    headers = {"Authorization": "Bearer team-token", "Content-Type": media, **headers}
    return world.client.post("/api/v1" + PATH, data=content, headers=headers)


@pytest.mark.parametrize("media", ["text/csv", "text/csv; charset=utf-8; header=present", "Text/CSV"])
def test_a_sheet_goes_to_registration_as_text_without_the_mark_before_it(world, media):
    world.registration.answers["take_attendance_report"] = TAKEN
    text = "reference,meeting,present\r\nK3M9Q-XW2TB,1,yes\r\n"
    assert post_sheet(world, b"\xef\xbb\xbf" + text.encode(), media, **{"Idempotency-Key": "k"}).json == TAKEN
    asked = world.registration.last("take_attendance_report")
    assert (asked["slug"], asked["given"], asked["key"]) == ("maxims-in-practice", {"csv": text}, "k")


@pytest.mark.parametrize(
    ("content", "media", "status"),
    [
        (b"a", "text/plain", 415),
        (b"a", "text/csv; charset=latin-1", 415),
        (b"a", "application/vnd.ms-excel", 415),
        (b"x" * (2 * 1024 * 1024 + 1), "text/csv", 413),
    ],
)
def test_a_sheet_that_is_none_is_refused(world, content, media, status):
    assert post_sheet(world, content, media).status_code == status


@pytest.mark.parametrize("content", [b"reference\nok\nZo\xeb,1,yes\n", b"reference\nok\nZo\0,1,yes\n"])
def test_what_is_not_text_in_a_sheet_is_refused_by_its_line(world, content):
    answer = post_sheet(world, content)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json["errors"]] == ["line 3"]


def test_json_cannot_pass_for_a_sheet(world):
    world.registration.answers["record_attendance"] = fakes.refused("invalid", errors=[])
    assert world.ask("POST", PATH, "team-token", {"csv": "reference"}).status_code == 422
    assert not world.registration.was_asked("take_attendance_report")


def test_only_attendance_is_taken_as_a_sheet(world):
    headers = {"Authorization": "Bearer team-token", "Content-Type": "text/csv"}
    assert world.client.post("/api/v1/check-ins", data=b"a,b", headers=headers).status_code == 415


def test_the_document_says_that_a_sheet_is_taken(world):
    body = world.get("/openapi.json").json["paths"]["/api/v1/sessions/{slug}/attendance"]["post"]["requestBody"]
    assert set(body["content"]) == {"application/json", "text/csv"}


def test_attendance_is_read_in_pages(world):
    world.registration.answers["attendance"] = {"items": [], "next": None}
    assert world.get(PATH + "?limit=5&cursor=abc", "team-token").json == {"items": [], "next": None}
    asked = world.registration.last("attendance")
    assert (asked["slug"], asked["limit"], asked["cursor"]) == ("maxims-in-practice", 5, "abc")


def test_too_early_is_409_with_the_hour(world):
    world.registration.answers["record_attendance"] = fakes.refused("attendance-too-early", meeting=1, opens_at="later")
    answer = world.ask("POST", PATH, "team-token", {"records": RECORDS})
    assert (answer.status_code, answer.json["type"]) == (409, "/problems/attendance-too-early")
    assert (answer.json["meeting"], answer.json["opens_at"]) == (1, "later")


# Codes and scans


def test_the_code_is_a_picture_that_says_what_it_is(world):
    world.registration.answers["check_in_token"] = {"reference": "K3M9Q-XW2TB", "token": TOKEN}
    answer = world.get("/bookings/K3M9Q-XW2TB/check-in.svg", "person-token")
    assert (answer.status_code, answer.mimetype) == (200, "image/svg+xml")
    assert answer.headers["Cache-Control"] == "private, no-store"
    picture = ElementTree.fromstring(answer.data)
    assert picture.tag == "{http://www.w3.org/2000/svg}svg"
    assert picture[0].text == says("attendance.qr_code", reference="K3M9Q-XW2TB")
    again = world.get("/bookings/K3M9Q-XW2TB/check-in.svg", "person-token", If_None_Match=answer.headers["ETag"])
    assert again.status_code == 304


def test_a_booking_without_a_place_has_no_code(world):
    world.registration.answers["check_in_token"] = fakes.refused("booking-not-confirmed")
    assert world.get("/bookings/K3M9Q-XW2TB/check-in.svg", "person-token").status_code == 409


def test_scans_go_to_registration_with_their_key(world):
    world.registration.answers["take_scans"] = {"items": []}
    scans = [{"token": TOKEN, "at": "2027-02-11T14:00:00+00:00"}] * 500
    answer = world.ask("POST", "/check-ins", "team-token", {"scans": scans}, Idempotency_Key="k")
    assert (answer.status_code, answer.json) == (200, {"items": []})
    asked = world.registration.last("take_scans")
    assert (asked["given"], asked["key"]) == ({"scans": scans}, "k")


# The page at the door


@pytest.fixture
def door(world):
    """The gateway, seen by a team member who scanned a code."""
    world.registration.answers.update(look_up_check_in=SEEN, check_in=SEEN)
    world.client.set_cookie("headrow_session", "team-token")
    return world


def test_the_page_shows_whose_code_it_is_with_a_button_and_checks_nobody_in(door):
    answer = door.client.get(f"/check-in/{TOKEN}")
    assert answer.status_code == 200
    assert f"{says('attendance.check_in')} Amina &lt;b&gt;Patel&lt;/b&gt;" in answer.text
    assert "Myron’s Maxims in practice" in answer.text
    assert f"{says('session.meeting', number=1, of=2)}: Thursday 11 February 2027, 2pm to 3:30pm" in answer.text
    assert Page(answer.text).form["form_token"]
    assert door.registration.last("look_up_check_in")["token"] == TOKEN
    assert not door.registration.was_asked("check_in")
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Cache-Control"] == "private, no-store"


@pytest.mark.parametrize(
    ("already", "words"), [(False, says("attendance.checked_in")), (True, says("attendance.checked_in_already"))]
)
def test_the_button_checks_in_and_says_so(door, already, words):
    form = Page(door.client.get(f"/check-in/{TOKEN}").text).form
    door.registration.answers["check_in"] = {**SEEN, "already": already}
    answer = door.client.post(f"/check-in/{TOKEN}", data=form)
    heading = re.sub(r"\s+", " ", answer.text[answer.text.index("<h1") : answer.text.index("</h1>")])
    assert (answer.status_code, words in heading) == (200, True)
    assert door.registration.last("check_in")["token"] == TOKEN
    assert f'<button type="submit">{says("attendance.check_in")}' not in answer.text


def test_whoever_is_checked_in_already_has_no_button(door):
    door.registration.answers["look_up_check_in"] = {**SEEN, "already": True}
    answer = door.client.get(f"/check-in/{TOKEN}")
    assert says("attendance.checked_in_already") in answer.text
    assert f"{says('attendance.check_in')}</button>" not in answer.text


def test_where_no_meeting_is_near_there_is_no_button(door):
    door.registration.answers["look_up_check_in"] = {**SEEN, "meeting": None, "starts_at": None, "ends_at": None}
    answer = door.client.get(f"/check-in/{TOKEN}")
    assert says("attendance.no_meeting_near") in answer.text
    assert f"{says('attendance.check_in')}</button>" not in answer.text


def test_an_owner_cannot_check_themselves_in(world):
    world.client.set_cookie("headrow_session", "person-token")
    answer = world.client.get(f"/check-in/{TOKEN}")
    assert answer.status_code == 403
    assert says("attendance.show_code") in answer.text
    assert says("attendance.who_checks_in") in answer.text
    form = Page(world.client.get("/").text).form
    assert world.client.post(f"/check-in/{TOKEN}", data={"form_token": form["form_token"]}).status_code == 403
    assert not world.registration.was_asked("check_in")


@pytest.mark.parametrize(
    ("code", "status"), [("not-found", 404), ("check-in-closed", 409), ("booking-not-confirmed", 409)]
)
def test_a_code_that_will_not_do_is_told_on_a_page(door, code, status):
    form = Page(door.client.get(f"/check-in/{TOKEN}").text).form
    door.registration.answers["check_in"] = fakes.refused(code)
    answer = door.client.post(f"/check-in/{TOKEN}", data=form)
    assert (answer.status_code, f"Refused: {code}." in answer.text) == (status, True)


@pytest.mark.parametrize("path", ["x" * 201, "a%20b", "a/b", "%00"])
def test_what_cannot_be_a_code_is_not_there(door, path):
    assert door.client.get(f"/check-in/{path}").status_code == 404
    assert not door.registration.was_asked("look_up_check_in")


def test_the_page_can_be_used_without_seeing_it(door):
    page = Page(door.client.get(f"/check-in/{TOKEN}").text)
    assert len(page.all("title")) == len(page.all("h1")) == len(page.all("main")) == 1
    assert page.all("a")[0]["href"] == "#main"
    assert all(urlsplit(script["src"]).path.startswith("/static/") for script in page.all("script"))
    assert all(not urlsplit(link["href"]).netloc for link in page.all("link"))


# Reports

REPORT = "Name\tEmail\tDuration\r\nZoë\tzoe@example.org\t1h\r\n"
REPORTS = "/sessions/maxims-in-practice/attendance-reports"
FILES = Path(__file__).parents[1] / "registration" / "reports"


@pytest.mark.parametrize("path", [PATH, REPORTS])
def test_a_report_is_looked_at_in_a_dry_run_whatever_its_coding(world, path):
    world.registration.answers["read_attendance_report"] = TAKEN
    headers = {"Authorization": "Bearer team-token", "Content-Type": "text/csv"}
    for coding in ("utf-16", "utf-8-sig", "utf-8"):
        address = f"/api/v1{path}?dry_run=true&minutes=30&meeting=2"
        answer = world.client.post(address, data=REPORT.encode(coding), headers=headers)
        assert (answer.status_code, answer.json) == (200, TAKEN)
        asked = world.registration.last("read_attendance_report")
        assert asked["given"] == {"csv": REPORT, "minutes": 30, "meeting": 2}
    assert not world.registration.was_asked("take_attendance_report")


@pytest.mark.parametrize("file", sorted(FILES.iterdir()), ids=lambda file: file.name)
def test_a_report_as_it_comes_is_taken_as_attendance(world, file):
    world.registration.answers["take_attendance_report"] = TAKEN
    content = file.read_bytes()
    assert post_sheet(world, content, **{"Idempotency-Key": "k"}).status_code == 200
    asked = world.registration.last("take_attendance_report")
    text = content.decode("utf-16" if content.startswith(b"\xff\xfe") else "utf-8-sig")
    assert (asked["slug"], asked["given"], asked["key"]) == ("maxims-in-practice", {"csv": text}, "k")


def test_a_report_is_taken_with_choices_and_its_key(world):
    world.registration.answers["take_attendance_report"] = TAKEN
    given = {"csv": REPORT, "choices": [{"line": 2, "do": "add"}]}
    assert world.ask("POST", REPORTS, "team-token", given, Idempotency_Key="k").status_code == 200
    asked = world.registration.last("take_attendance_report")
    assert (asked["slug"], asked["given"], asked["key"]) == ("maxims-in-practice", given, "k")


def test_a_threshold_that_is_no_number_is_refused(world):
    answer = world.ask("POST", REPORTS + "?minutes=many", "team-token", {"csv": REPORT})
    assert (answer.status_code, answer.json["errors"][0]["field"]) == (422, "minutes")


def test_a_report_is_undone_by_its_number(world):
    undone = {"session": "maxims-in-practice", "undone": 3, "corrected_since": 1}
    world.registration.answers["undo_attendance_report"] = undone
    assert world.ask("POST", REPORTS + "/17/undo", "team-token").json == undone
    assert world.registration.last("undo_attendance_report")["id"] == 17
    assert world.ask("POST", REPORTS + "/x/undo", "team-token").status_code == 404
